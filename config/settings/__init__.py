"""One module a use, chosen by DJANGO_SETTINGS_MODULE: `prod` (the default), `dev`, `test`; `base` is shared."""
