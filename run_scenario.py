"""The architects' door: ``run_scenario.py FILE`` is ``twin run FILE``."""

from twin.cli import main_run

if __name__ == "__main__":
    main_run()
