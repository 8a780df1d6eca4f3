"""Schemas in marshmallow's words, with camelCase keys.

class CitySchema(Schema):
    city_name = fields.Raw()

CitySchema().dump({"city_name": "Tokyo"})   →  {"cityName": "Tokyo"}
"""

from __future__ import annotations

import marshmallow
import marshmallow.fields

from onto.mapper import names


class Schema(marshmallow.Schema):
    """A schema whose keys are camelCase unless a field says otherwise; unknown keys are ignored on load."""

    class Meta:
        """Documents may hold more than the schema knows."""

        unknown = marshmallow.EXCLUDE

    def on_bind_field(self, field_name: str, field_obj: marshmallow.fields.Field[object]) -> None:
        """Give the field its key."""
        if field_obj.data_key is None:
            field_obj.data_key = names.to_json(field_name)
