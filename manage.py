#!/usr/bin/env python
"""Run one of the site's commands: `python manage.py help` lists them."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aissist_site.settings")
    if sys.argv[1:] == ["new_keys"]:  # settings demand the very keys that this command prints
        from aissist_site import keys

        sys.stdout.write(keys.new_pair())
        return
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
