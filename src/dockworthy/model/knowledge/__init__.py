"""Knowledge that ages: dates and versions that others decide. Each file says on which day it was true."""

from __future__ import annotations

import datetime

HOLDS_FOR = datetime.timedelta(days=120)
"""After this a verdict that rests on it is no longer current: releases and end-of-life dates move on."""
