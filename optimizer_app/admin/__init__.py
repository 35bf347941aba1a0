"""The admin: every stored thing, within the walls of the projects that the user may see.

One module a subject; importing it registers its pages.
"""

from optimizer_app.admin import configs, projects, providers, traces, users

__all__ = ["configs", "projects", "providers", "traces", "users"]
