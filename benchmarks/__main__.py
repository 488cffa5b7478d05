"""Run all benchmarks and print their tables: `make bench`."""

import argparse

from benchmarks import in_page, serve_load, speed, time_to_loss


def main() -> None:
    """Read the command line; measure speed, time to loss, the server under load, the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--text", help="tiny Shakespeare as a file; default: download it")
    text = parser.parse_args().text
    speed.main()
    print()
    time_to_loss.main(["--text", text] if text else [])
    print()
    serve_load.main([])
    print()
    in_page.main()


if __name__ == "__main__":
    main()
