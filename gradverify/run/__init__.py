"""Drives the stages over many specs and yields events."""
