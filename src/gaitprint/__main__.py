"""`python -m gaitprint`, and with it `torchrun -m gaitprint`."""

from gaitprint.cli.main import run

if __name__ == "__main__":
    run()
