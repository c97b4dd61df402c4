"""What goes when: policies, sites and means in, a plan out, and a checker that did not make it."""

from custodes.timetable.check import check, check_plan
from custodes.timetable.means import means_of
from custodes.timetable.policy import cost_catalogue, load_policy, policies
from custodes.timetable.report import PLAN, case_json, to_json, verify
from custodes.timetable.sites import read_sites, sites_of
from custodes.timetable.solve import plan
from custodes.timetable.terms import Policy

__all__ = [
    "PLAN", "Policy",
    "case_json", "check", "check_plan", "cost_catalogue", "load_policy", "means_of", "plan", "policies", "read_sites", "sites_of", "to_json", "verify",
]  # fmt: skip
