"""Why a change to a provider was refused.

* ProvidersError
  - ProviderNameTaken: the project has a provider of this name
  - ProviderInUse: a route leads to it
  - SecretNeeded: the stored key was meant for another URL, and is not sent to a new one
  - SetByEnvironment: the instance's environment says how this provider is
"""

from __future__ import annotations


class ProvidersError(Exception):
    """The parent of them all."""


class ProviderNameTaken(ProvidersError):
    """The project has a provider of this name."""


class ProviderInUse(ProvidersError):
    """A route leads to it; the message names the models."""


class SecretNeeded(ProvidersError):
    """The stored key was meant for another URL, and is not sent to a new one."""


class SetByEnvironment(ProvidersError):
    """The instance's environment says how this provider is."""
