"""How long each kind of record is kept."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """After which time a purge removes what is kept, by kind; 0 keeps nothing beyond the next purge.

    There is no word for "for ever": personal data is kept no longer than its purpose needs (GDPR art. 5(1)(e)), and
    whoever needs decades writes them down.

    - ``stranger_crops_h``, ``stranger_templates_h``: one working day. Long enough to look through the strangers in the
      evening and to tell one who comes back after lunch from a second one; nobody consented to more.
    - ``sightings_days``: a month answers "when was Ada here last week", and no more of a movement profile arises.
    - ``readings_days``: a month of expressions and qualities is what monthly figures are made of; they are the most
      intimate record here and the largest.
    - ``rollup_minutes_days``: a month of expressions added up by minute, as long as of readings: they are nearly as
      intimate, and of what is added up by far the most.
    - ``rollups_days``: a year of expressions added up by hour and day, so that a timeline can be compared with the same
      season of before; they tell neither the camera nor a single look.
    - ``events_days``: a quarter, for somebody who looks into an incident hears of it late.
    - ``exports_days``: an archive in the home is there for going back to before a change; a month shows whether it was
      a good one, and who leaves meanwhile is in it.
    - ``bin_days``: a month to notice that the wrong person was deleted.
    """

    stranger_crops_h: float = 8.0
    stranger_templates_h: float = 8.0
    sightings_days: float = 30.0
    readings_days: float = 30.0
    rollup_minutes_days: float = 30.0
    rollups_days: float = 365.0
    events_days: float = 90.0
    exports_days: float = 30.0
    bin_days: float = 30.0
