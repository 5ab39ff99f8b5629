"""`gradverify schema`: the JSON Schemas of what goes in and of what comes out."""

import click


def print_schema(which: str) -> int:
    """Print the schema of a spec or of the report."""
    if which == "report":
        from gradverify.report.json_report import schema_text
    else:
        from gradverify.spec.schema import schema_text
    click.echo(schema_text(), nl=False)
    return 0
