"""Why a change to a project was refused.

* ProjectsError
  - NameTaken: another project has this name
  - ForeignConfig: the config belongs to another project
  - KeyMadeAlready: the key exists, and its secret is not known any more
  - KeyHasEnded: the key was revoked or has expired
"""

from __future__ import annotations


class ProjectsError(Exception):
    """The parent of them all."""


class NameTaken(ProjectsError):
    """Another project has this name."""


class ForeignConfig(ProjectsError):
    """The config belongs to another project."""


class KeyMadeAlready(ProjectsError):
    """The key exists, and its secret is not known any more."""


class KeyHasEnded(ProjectsError):
    """The key was revoked or has expired."""
