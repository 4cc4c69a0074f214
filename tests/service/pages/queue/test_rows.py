"""Rows of the visit list: what they say of a household is what the store knows, in the procedure's own days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from conftest import NOW
from helpers.accounts import settings
from helpers.stores import closing_store
from riskmodel.language import language
from riskmodel.service.access import ROLE_PERMISSIONS, Principal, Role
from riskmodel.service.app import create_app, state_for
from riskmodel.service.pages.queue.filters import Asked, Who
from riskmodel.service.pages.queue.rows import QueueRow, Scope, rows_of, visits_of
from riskmodel.service.pages.queue.view import handed_words, queue_view
from riskmodel.service.state import State
from riskmodel.service.store.case_rows import note
from riskmodel.service.store.queue_rows import Status
from riskmodel.service.store.tables import scores, standings
