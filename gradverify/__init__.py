"""Says which gradient is wrong, where and why."""

__version__ = "0.1.0"
