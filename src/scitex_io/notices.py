"""Every warning we raise."""


class LossyWarning(UserWarning):
    """The file will not give back exactly what was saved; the text says what changes."""


class AmbiguousPathWarning(UserWarning):
    """Two different files answer to the same relative path."""


class HookWarning(RuntimeWarning):
    """A registered hook failed; the save or load itself did not."""


class PluginWarning(ImportWarning):
    """An installed plug-in could not be loaded."""
