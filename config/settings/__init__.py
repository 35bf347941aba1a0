"""One module a use, chosen by DJANGO_SETTINGS_MODULE: `prod` (the default), `dev` and `test`."""
