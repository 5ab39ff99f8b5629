"""pytest inside pytest, for the tests of the plug-in."""

pytest_plugins = ("pytester",)
