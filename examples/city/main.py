"""The quickstart's entry point: post a form, save a city, and see what becomes of them.

python -m examples.city.main
"""

from __future__ import annotations

import sys

from examples.city.mediators import CityFormMediator, CityViewMediator
from examples.city.models import City, Municipality
from onto.context import CTX


def main() -> None:
    """Start both mediators, post one form, and write what became of it."""
    CityViewMediator(query=City.get_query()).start()
    CityFormMediator(query=CTX.db.collection_group("cityForms")).start()
    CTX.db.document("users/uid1/cityForms/LA").set({"country": "USA", "name": "Los Angeles"})
    Municipality.new(doc_id="TOK", city_name="Tokyo", country="Japan", capital=True).save()
    for path in ("City/LA", "cityView/LA", "cityView/TOK"):
        sys.stdout.write(f"{path}: {CTX.db.document(path).get().to_dict()}\n")


if __name__ == "__main__":
    main()
