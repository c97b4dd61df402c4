"""What every figure counts, in words: id -> (title, definition, what the denominator counts, what its rows are)."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str, str, str]] = {
    "files": ("Files read", "Input files that were read to their end.", "files", "file"),
    "rows-usable": ("Usable rows", "Rows that became records of any kind.", "rows read", "file"),
    "rows-left-out": ("Rows left out with a reason", "Totals, rows about natural persons and the like.", "rows read", "file"),
    "rows-rejected": ("Rows rejected", "Rows that could not be understood; each is kept with file, line, column and reason.", "rows read", "file"),
    "rows-without-body": (
        "Usable rows without a body",
        "Rows whose body is not known from entry, column or folder. They enter no figure per body.",
        "usable rows",
        "file",
    ),
    "named": (
        "Named findings in purchases",
        "Purchase records that name a listed maker, its product, or a supplier that is one; strong or possible.",
        "usable purchase rows",
        "finding",
    ),
    "named-surveillance": (
        "Named findings: surveillance equipment",
        "Named findings in purchases whose record speaks of surveillance equipment.",
        "named findings in purchases",
        "finding",
    ),
    "named-other": (
        "Named findings: other equipment, not surveillance",
        "Named findings in purchases whose record speaks of other equipment, not surveillance.",
        "named findings in purchases",
        "finding",
    ),
    "named-unknown": (
        "Named findings: equipment of unknown kind",
        "Named findings in purchases whose record does not say which kind of equipment was bought.",
        "named findings in purchases",
        "finding",
    ),
    "named-elsewhere": (
        "Named findings in other records",
        "Named findings in answers of bodies, reports, device lists and other records than purchases.",
        "named findings",
        "finding",
    ),
    "named-confirmed": (
        "Named findings confirmed by a person",
        "Named findings that a person confirmed on evidence that still stands.",
        "named findings",
        "finding",
    ),
    "weak": (
        "Weak leads",
        "Findings that name a maker, but weakly or over a link that is only good for a look.",
        "findings of every kind",
        "finding",
    ),
    "other": ("Other findings", "Findings about claims, pages and requirements.", "findings of every kind", "finding"),
    "rejected": ("Findings set aside", "Findings that a person rejected or marked as duplicates.", "findings of every kind", "finding"),
    "questions": (
        "Surveillance purchases whose record does not name the maker",
        "Purchase records that speak of surveillance equipment but not of who made it.",
        "usable purchase rows",
        "finding",
    ),
    "question-bodies": ("Bodies with an open question", "Bodies with at least one such purchase; each gets drafted questions.", "bodies", "body"),
    "bodies-read": ("Bodies whose records were read", "Bodies with at least one usable row that names them.", "bodies", "body"),
    "bodies-named-lead": (
        "Bodies with a named lead",
        "Bodies with a named finding that no person has confirmed. The lead alone does not change the body's state.",
        "bodies",
        "body",
    ),
    "months": (
        "Months read",
        "Months of records read, over all bodies, from the first to the last month of each.",
        "months expected",
        "body",
    ),
    "claims": (
        "Pages with a claim",
        "Captured pages (addresses) whose text markets or documents that people are told apart; each is a thread of its own.",
        "captured pages that could be read",
        "finding",
    ),
    "answers-asked": ("Bodies asked", "Bodies to which a question was sent, or whose answer is held.", "bodies", "body"),
    "answers-answered": (
        "Bodies that answered",
        "Bodies whose newest answer is one: present, absent, partial, not held, refused, or neither confirmed nor denied. Silence is no answer.",
        "bodies asked",
        "body",
    ),
    "answers-held": (
        "Bodies that said what they have",
        "Bodies whose newest answer is present, absent or partial. A refusal, or information that is not held, says nothing about the equipment.",
        "bodies that answered",
        "body",
    ),
    "answers-positive": (
        "Bodies that said that they have it",
        "Bodies whose newest answer is present: their own statement on that day.",
        "bodies that said what they have",
        "body",
    ),
    "companies-named": (
        "Confirmed findings that name a company",
        "Findings that a person confirmed and that name a maker, supplier, partner or landlord; each of them gets notice before publication.",
        "confirmed findings",
        "finding",
    ),
    "companies-notice": (
        "Companies that had notice",
        "Companies named in confirmed findings to which a notice was sent.",
        "companies named",
        "company",
    ),
    "companies-replied": ("Companies that replied", "Companies that answered a notice.", "companies that had notice", "company"),
    "statements": (
        "Statements shown",
        "Cited claims, denials, replies, withdrawals, promises and reported uses.",
        "statements held",
        "statement",
    ),
}

GROUND_TITLES: dict[str, str] = {
    "abuse of people": "Makers listed for abuse of people alone",
    "both": "Makers listed both for abuse of people and for national security",
    "national security": "Makers listed for national security alone",
    "unknown": "Makers listed on a ground not stated",
    "ended": "Makers whose listings have all ended",
    "none": "Makers watched without a listing",
}
"""Ground of a maker (see ``figures.grounds``) -> title of its figure ``makers-GROUND``."""

NAMED_GROUNDS: dict[str, str] = {
    "abuse of people": "Named findings: maker listed for abuse of people alone",
    "both": "Named findings: maker listed both for abuse of people and for national security",
    "national security": "Named findings: maker listed for national security alone",
    "unknown": "Named findings: ground of the listings not stated",
}
"""Ground of a named finding -> title of its figure ``named-ground-GROUND``; together they are all named findings."""

NAMED_GROUND_DEFINITION = "By the grounds of all listings of the maker that count. A security listing alone does not mean implicated in abuse."

GROUND_DEFINITION = "Counted by the listings in force. A security listing alone does not mean implicated in abuse."
