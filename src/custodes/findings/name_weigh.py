"""Two names side by side, pair after pair in one pass: the inner loop of :mod:`custodes.findings.name_features`, which says in arrays what is worked out here.

Weights are logarithms: a word that one organisation in a thousand bears weighs 6.9. Sums run in double precision in the order of the words.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from custodes.findings.name_kernel import Array, entry, inner
from custodes.findings.name_learn import BEGUN, SAME, SPLIT

NAMES = (
    "cover_l", "cover_q", "cover_h", "hit", "cover_party", "most_q", "most_l", "most_both", "most_party", "left_q", "left_l", "count_left_q", "count_left_l", "core_left_l",
    "usual_left_l", "most_hit", "most_near", "least_like", "least_like_rare", "bearers", "usual", "words_q", "words_l", "names", "same_core", "script", "turned", "beside",
    "first", "first_q", "first_l", "before_q", "between_q", "after_q", "before_l", "between_l", "after_l", "swapped", "count_hit", "count_near", "count_begun", "count_joined",
    "count_table", "left_known", "left_new", "left_usual", "left_letters", "form_same", "form_other", "form_q", "form_l", "number", "marks_q", "marks_l", "jaro", "letters",
    "common_q", "common_l", "length_q", "length_l", "begins_q", "begins_l", "raw_length", "rest_jaro", "rest_letters", "acronym", "whole_same", "only_places", "quick", "behind",
    "ahead", "candidates", "same_party",
)  # fmt: skip
"""The features, in the order of the columns that :func:`weigh` writes."""

_TINY, _EXACT, _RARE = np.float32(1e-6), np.float32(0.999), np.float32(5)
_ONE, _ALL = np.uint64(1), np.uint64(0xFFFFFFFFFFFFFFFF)


class Listed(NamedTuple):
    """What is known of listed names: words (``token, position, share`` by ``start``), letters, legal forms; of their parties; of listed words."""

    start: Array
    token: Array
    position: Array
    share: Array
    total: Array
    party: Array
    names_of: Array
    same_core: Array
    script: Array
    form: Array
    marked: Array
    compact: Array
    compact_begin: Array
    whole: Array
    whole_begin: Array
    digit_begin: Array
    digit: Array
    party_begin: Array
    party_token: Array
    idf: Array
    log_bearers: Array
    log_usual: Array
    usual_gap: Array
    pool: Array
    begin: Array


LISTED = "i8[:] i4[:] i4[:] f4[:] f4[:] i4[:] i8[:] i8[:] b1[:] i8[:] b1[:] u1[:] i8[:] u1[:] i8[:] i4[:] i4[:] i8[:] i4[:] f4[:] f4[:] f4[:] f4[:] u1[:] i8[:]"


class Ours(NamedTuple):
    """A batch of names that are asked about (the columns of :class:`name_pairs.Asked`)."""

    start: Array
    word: Array
    joined_position: Array
    entry_end: Array
    entry_span: Array
    entry_memory: Array
    total: Array
    form: Array
    marks: Array
    raw_length: Array
    whole: Array
    whole_end: Array


OURS = "i8[:] i4[:] i8[:] i8[:] i8[:] i8[:] f4[:] i8[:] i8[:] i4[:] u1[:] i8[:]"


class Known(NamedTuple):
    """What is remembered of words and their entries (the columns of :class:`name_memory.Memory`)."""

    pool: Array
    begin: Array
    weight: Array
    usual: Array
    bearers: Array
    length: Array
    canon: Array
    digit: Array
    region: Array
    place: Array
    like: Array
    how: Array


KNOWN = "u1[:] i8[:] f4[:] f4[:] f4[:] i4[:] b1[:] b1[:] b1[:] i4[:] f4[:] i1[:]"


class Desk(NamedTuple):
    """Space to work in; made by :func:`desk`."""

    met: Array
    anywhere: Array
    their_met: Array
    weight: Array
    hit_at: Array
    hit_entry: Array
    at: Array
    there: Array
    best: Array
    compact: Array
    mine: Array
    left: Array
    room: Array
    flags: Array
    mask: Array
    spare: Array


DESK = "f4[:]! f4[:]! f4[:]! f4[:]! i8[:]! i8[:]! i8[:]! i8[:]! f8[:]! u1[:]! u1[:]! u1[:]! i8[:]! b1[:]! u8[:]! u8[:]!"


def desk(longest: int, pairs: int) -> Desk:
    """Space for names of so many letters at most and so many pairs."""
    size = longest + 2
    return Desk(
        np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.float32), np.empty(8 * size, np.int64), np.empty(8 * size, np.int64),
        np.empty(8 * size, np.int64), np.empty(8 * size, np.int64), np.empty(max(pairs, 1)), np.empty(size, np.uint8), np.empty(size, np.uint8), np.empty(size, np.uint8),
        np.empty(size, np.int64), np.empty(size, bool), np.zeros(256, np.uint64), np.zeros(256, np.uint64),
    )  # fmt: skip


@inner
def _masks(text: Any, size: Any, mask: Any) -> None:
    """Where each letter stands, as bits; up to 64 letters."""
    for n in range(size):
        mask[text[n]] |= _ONE << np.uint64(n)


@inner
def _unmask(text: Any, size: Any, mask: Any) -> None:
    for n in range(size):
        mask[text[n]] = np.uint64(0)


@inner
def _bits(bits: Any) -> Any:
    bits -= (bits >> _ONE) & np.uint64(0x5555555555555555)
    bits = (bits & np.uint64(0x3333333333333333)) + ((bits >> np.uint64(2)) & np.uint64(0x3333333333333333))
    return np.int64((((bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)) * np.uint64(0x0101010101010101)) >> np.uint64(56))


@inner
def indel(a: Any, m: Any, b: Any, low: Any, n: Any, mask: Any, room: Any) -> Any:
    """Share of letters that stay when one text is turned into the other by insertions and deletions (longest common subsequence; Hyyrö 2004 for up to 64 letters)."""
    if m + n == 0:
        return np.float32(1.0)
    if m <= 64:
        s = _ALL
        for k in range(n):
            u = s & mask[b[low + k]]
            s = (s + u) | (s - u)
        common = _bits(~s & (_ALL if m == 64 else (_ONE << np.uint64(m)) - _ONE))
    else:
        for i in range(m + 1):
            room[i] = 0
        for k in range(n):
            corner = 0
            for i in range(1, m + 1):
                above = room[i]
                if a[i - 1] == b[low + k]:
                    room[i] = corner + 1
                elif room[i - 1] > above:
                    room[i] = room[i - 1]
                corner = above
        common = room[m]
    return np.float32(1.0 - (m + n - 2 * common) / (m + n))


@inner
def jaro_winkler(a: Any, m: Any, b: Any, low: Any, n: Any, mask: Any, room: Any, flags: Any) -> Any:
    """Jaro and Winkler's similarity: letters in common within half the length, half the swaps among them, and up to four first letters (Winkler 1990)."""
    if m + n == 0:
        return np.float32(1.0)
    if m == 0 or n == 0:
        return np.float32(0.0)
    bound, common, turned = max(m, n) // 2 - 1, 0, 0
    if m == 1 and n == 1:
        return np.float32(1.0) if a[0] == b[low] else np.float32(0.0)
    if m <= 64:
        used = np.uint64(0)
        for k in range(min(n, m + bound)):
            begin, end = max(0, k - bound), min(m - 1, k + bound)
            window = (_ALL >> np.uint64(63 - end)) & (_ALL << np.uint64(begin))
            free = mask[b[low + k]] & window & ~used
            if free:
                used |= free & (~free + _ONE)
                room[common] = k
                common += 1
        at = 0
        for i in range(m):
            if (used >> np.uint64(i)) & _ONE:
                turned += 1 if a[i] != b[low + room[at]] else 0
                at += 1
    else:
        for i in range(m):
            flags[i] = False
        for k in range(min(n, m + bound)):
            for i in range(max(0, k - bound), min(m - 1, k + bound) + 1):
                if not flags[i] and a[i] == b[low + k]:
                    flags[i] = True
                    room[common] = k
                    common += 1
                    break
        at = 0
        for i in range(m):
            if flags[i]:
                turned += 1 if a[i] != b[low + room[at]] else 0
                at += 1
    if common == 0:
        return np.float32(0.0)
    found = (common / m + common / n + (common - turned // 2) / common) / 3.0
    if found > 0.7:
        prefix = 0
        while prefix < min(m, n, 4) and a[prefix] == b[low + prefix]:
            prefix += 1
        found += prefix * 0.1 * (1.0 - found)
    return np.float32(found)


AHEAD = 32
"""Pairs whose listed names are fetched together before they are compared."""


@inner
def _fetch(theirs: Any, low: Any, y: Any) -> Any:
    """Read the first of what is known of the next listed names: independent looks at memory wait for it side by side, those of a comparison one after the other.
    What is given back stands for nothing."""
    seen = np.int64(0)
    for p in range(low, min(low + AHEAD, len(theirs))):
        m = theirs[p]
        at, letters = y.start[m], y.compact_begin[m]
        if at < len(y.token):
            seen += y.token[at]
        if letters < len(y.compact):
            seen += y.compact[letters]
    return seen


@inner
def _met(n: Any, m: Any, o: Any, x: Any, y: Any, d: Any) -> Any:
    """Which of our words met which of theirs: written to ``met`` and ``their_met``; (entry, listed word) of each meeting; how many."""
    met, anywhere, their_met, hit_at, hit_entry = d.met, d.anywhere, d.their_met, d.hit_at, d.hit_entry
    start, stop = o.start[n], o.start[n + 1]
    low, high = o.entry_end[n - 1] if n else 0, o.entry_end[n]
    begin, end = y.start[m], y.start[m + 1]
    tokens, count, whole = len(o.word), 0, True
    for k in range(stop - start):
        met[k] = 0
    for k in range(end - begin):
        their_met[k] = 0
    at = begin
    for e in range(low, high):
        place = x.place[o.entry_memory[e]]
        while at < end and y.token[at] < place:
            at += 1
        if at == end:
            break
        if y.token[at] == place:
            like, span = x.like[o.entry_memory[e]], o.entry_span[e]
            position = span - start if span < tokens else o.joined_position[span - tokens]
            met[position] = max(met[position], like)
            if span >= tokens:
                met[position + 1] = max(met[position + 1], like)
            their_met[at - begin] = max(their_met[at - begin], like)
            hit_at[count], hit_entry[count] = at, e
            count += 1
    for k in range(stop - start):
        anywhere[k] = met[k]
        whole = whole and met[k] == 1
    if not whole:
        party = y.party[m]
        at, end = y.party_begin[party], y.party_begin[party + 1]
        for e in range(low, high):
            place = x.place[o.entry_memory[e]]
            while at < end and y.party_token[at] < place:
                at += 1
            if at == end:
                break
            if y.party_token[at] == place:
                like, span = x.like[o.entry_memory[e]], o.entry_span[e]
                position = span - start if span < tokens else o.joined_position[span - tokens]
                anywhere[position] = max(anywhere[position], like)
                if span >= tokens:
                    anywhere[position + 1] = max(anywhere[position + 1], like)
    return count


@inner
def _words(f: Any, n: Any, m: Any, o: Any, x: Any, y: Any, d: Any, count: Any) -> Any:
    """Features 0 to 25 and 38 to 46: how much of each name met, the heaviest words that did and did not, how words met. ``quick`` is given back."""
    met, anywhere, their_met, hit_at, hit_entry = d.met, d.anywhere, d.their_met, d.hit_at, d.hit_entry
    start, many, begin, their_many = o.start[n], o.start[n + 1] - o.start[n], y.start[m], y.start[m + 1] - y.start[m]
    tokens = len(o.word)
    hit, most_hit, most_near, least, least_rare = 0.0, np.float32(-1), np.float32(-1), np.float32(9), np.float32(9)
    bearers, usual, near, begun, joined, table = np.float32(99), np.float32(99), 0, 0, 0, 0
    for k in range(count):
        token, e = y.token[hit_at[k]], hit_entry[k]
        entry_, span = o.entry_memory[e], o.entry_span[e]
        like, how, weight = x.like[entry_], x.how[entry_], y.idf[token]
        hit += np.float64(weight * like)
        exact, wide = like >= _EXACT, span >= tokens
        most_hit = max(most_hit, weight if exact else np.float32(0))
        most_near = max(most_near, np.float32(0) if exact else weight)
        least = min(least, like)
        least_rare = min(least_rare, like if weight >= _RARE else np.float32(1))
        bearers, usual = min(bearers, y.log_bearers[token]), min(usual, y.log_usual[token])
        near += 0 if exact else 1
        begun += 1 if how == BEGUN else 0
        joined += 1 if how == SPLIT or wide else 0
        table += 1 if how == SAME and not wide and x.canon[o.word[span]] else 0
    if count == 0:
        most_hit, most_near, least, least_rare, bearers, usual = np.float32(0), np.float32(0), np.float32(1), np.float32(1), np.float32(9), np.float32(9)
    cover_q, cover_party, left, left_count = 0.0, 0.0, 0.0, 0
    most, most_party, known, new, common, letters = np.float32(-1), np.float32(-1), np.float32(-1), np.float32(-1), np.float32(-99), np.float32(-1)
    for k in range(many):
        word = o.word[start + k]
        weight, ordinary, alone = x.weight[word], x.usual[word], met[k] == 0
        cover_q += np.float64(weight * met[k])
        cover_party += np.float64(weight * anywhere[k])
        mine = weight if alone else np.float32(0)
        left += np.float64(mine)
        left_count += 1 if alone else 0
        seen = ordinary + x.bearers[word] > 0
        most, most_party = max(most, mine), max(most_party, weight if anywhere[k] == 0 else np.float32(0))
        known, new = max(known, mine if seen else np.float32(0)), max(new, np.float32(0) if seen else mine)
        common = max(common, np.float32(9) - ordinary if alone and ordinary > 0 else np.float32(0))
        letters = max(letters, np.float32(x.length[word]) if alone else np.float32(0))
    if many == 0:
        most, most_party, known, new, common, letters = np.float32(0), np.float32(0), np.float32(0), np.float32(0), np.float32(0), np.float32(0)
    left_l, count_l, most_l, core_l, usual_l = 0.0, 0, np.float32(-1), np.float32(-1), np.float32(-99)
    for k in range(their_many):
        token, alone = y.token[begin + k], their_met[k] == 0
        theirs = y.idf[token] if alone else np.float32(0)
        left_l += np.float64(theirs)
        count_l += 1 if alone else 0
        most_l, core_l = max(most_l, theirs), max(core_l, theirs * y.share[begin + k] if alone else np.float32(0))
        usual_l = max(usual_l, y.usual_gap[token] if alone else np.float32(0))
    if their_many == 0:
        most_l, core_l, usual_l = np.float32(0), np.float32(0), np.float32(0)
    total_l, total_q = max(y.total[m], _TINY), max(o.total[n], _TINY)
    cover_l = hit / np.float64(total_l)
    cover_q, cover_party = cover_q / np.float64(total_q), cover_party / np.float64(total_q)
    f[0], f[1], f[2], f[3], f[4] = cover_l, cover_q, 2 * cover_l * cover_q / max(cover_l + cover_q, 1e-6), hit, cover_party
    f[5], f[6], f[7], f[8], f[9], f[10], f[11], f[12], f[13], f[14] = most, most_l, min(most, most_l), most_party, left, left_l, left_count, count_l, core_l, usual_l
    f[15], f[16], f[17], f[18], f[19], f[20], f[21], f[22] = most_hit, most_near, least, least_rare, bearers, usual, many, their_many
    f[23], f[24], f[25] = y.names_of[y.party[m]], y.same_core[m], y.script[m]
    f[38], f[39], f[40], f[41], f[42], f[43], f[44], f[45], f[46] = count, near, begun, joined, table, known, new, common, letters
    return cover_l * cover_q


@inner
def _parts(position: Any, met: Any, weight: Any, many: Any) -> Any:
    """Weight of what did not meet, before, between and after what met."""
    first, last, before, after, everywhere = 99, -1, 0.0, 0.0, 0.0
    for k in range(many):
        if met[k] != 0:
            first, last = min(first, position[k]), max(last, position[k])
    for k in range(many):
        if met[k] == 0:
            everywhere += np.float64(weight[k])
            before += np.float64(weight[k]) if position[k] < first else 0.0
            after += np.float64(weight[k]) if position[k] > last else 0.0
    return before, everywhere - before - after, after


@inner
def _where(f: Any, n: Any, m: Any, o: Any, x: Any, y: Any, d: Any, count: Any) -> None:
    """Features 26 to 37: order and neighbours of the words that met, what stands before, between and after them."""
    met, their_met, hit_at, hit_entry, at, there, weight = d.met, d.their_met, d.hit_at, d.hit_entry, d.at, d.there, d.weight
    start, many, begin, their_many = o.start[n], o.start[n + 1] - o.start[n], y.start[m], y.start[m + 1] - y.start[m]
    tokens, first, first_q, first_l, turned, beside = len(o.word), False, 9, 9, 0, 0
    if count:
        first_q = first_l = 999
    for k in range(count):
        span, theirs = o.entry_span[hit_entry[k]], y.position[hit_at[k]]
        mine = span - start if span < tokens else o.joined_position[span - tokens]
        first = first or (mine == 0 and theirs == 0)
        first_q, first_l = min(first_q, mine), min(first_l, theirs)
        place = k
        while place > 0 and at[place - 1] > mine:
            at[place], there[place] = at[place - 1], there[place - 1]
            place -= 1
        at[place], there[place] = mine, theirs
    for k in range(1, count):
        turned += 1 if there[k] < there[k - 1] else 0
        beside += 1 if there[k] == there[k - 1] + 1 else 0
    for k in range(many):
        at[k], weight[k] = k, x.weight[o.word[start + k]]
    before_q, between_q, after_q = _parts(at, met, weight, many)
    for k in range(their_many):
        at[k], weight[k] = y.position[begin + k], y.idf[y.token[begin + k]]
    before_l, between_l, after_l = _parts(at, their_met, weight, their_many)
    f[26], f[27], f[28], f[29], f[30] = turned, beside, first, first_q, first_l
    f[31], f[32], f[33], f[34], f[35], f[36] = before_q, between_q, after_q, before_l, between_l, after_l
    f[37] = max(min(before_q, before_l), min(between_q, between_l), min(after_q, after_l))


@inner
def _forms(f: Any, n: Any, m: Any, o: Any, x: Any, y: Any, d: Any) -> None:
    """Features 47 to 53 and 67: legal forms, numbers, words such as "trading as", and whether nothing but places is left."""
    met = d.met
    ours, theirs = o.form[n], y.form[m]
    both, alike = ours != 0 and theirs != 0, (ours & theirs) != 0
    f[47], f[48], f[49], f[50] = both and alike, both and not alike, ours != 0 and theirs == 0, ours == 0 and theirs != 0
    low, high = y.digit_begin[m], y.digit_begin[m + 1]
    mine, found, left, other = 0, 0, 0, 0
    for at in range(o.start[n], o.start[n + 1]):
        word = o.word[at]
        if met[at - o.start[n]] == 0:
            left += 1
            other += 0 if x.region[word] else 1
        if x.digit[word]:
            fresh = True
            for k in range(o.start[n], at):
                fresh = fresh and o.word[k] != word
            mine += 1 if fresh else 0
            for k in range(low, high):
                found += 1 if fresh and y.digit[k] == word else 0
    same = mine == high - low and found == mine
    f[51] = 0 if mine == 0 and high == low else 3 if same else 2 if mine and high > low else 1 if mine else -1
    f[52], f[53], f[67] = o.marks[n], y.marked[m], left > 0 and other == 0


@inner
def _letters(f: Any, n: Any, m: Any, o: Any, y: Any, d: Any, size: Any) -> None:
    """Features 54 to 62 and 66: how alike the names are letter by letter, without blanks."""
    compact, mask, room, flags = d.compact, d.mask, d.room, d.flags
    low = y.compact_begin[m]
    length = y.compact_begin[m + 1] - low
    letters = indel(compact, size, y.compact, low, length, mask, room)
    common = np.float64(letters) * (size + length) / 2
    f[54], f[55] = jaro_winkler(compact, size, y.compact, low, length, mask, room, flags), letters
    f[56], f[57], f[58], f[59] = common / max(size, 1), common / max(length, 1), size, length
    begin, begin_l, shared = o.whole_end[n - 1] if n else 0, y.whole_begin[m], 0
    whole, whole_l = o.whole_end[n] - begin, y.whole_begin[m + 1] - begin_l
    while shared < min(whole, whole_l) and o.whole[begin + shared] == y.whole[begin_l + shared]:
        shared += 1
    f[60], f[61], f[62], f[66] = shared / max(whole, 1), shared / max(whole_l, 1), o.raw_length[n], shared == whole and shared == whole_l


@inner
def _rest(f: Any, n: Any, m: Any, o: Any, x: Any, y: Any, d: Any) -> None:
    """Features 63 and 64: what is left of both names, compared letter by letter; 0 where one of them met whole."""
    met, their_met, mine, theirs, mask, room, flags = d.met, d.their_met, d.mine, d.left, d.spare, d.room, d.flags
    f[63], f[64] = 0, 0
    begin, many = y.start[m], y.start[m + 1] - y.start[m]
    size, length, last = 0, 0, -1
    for at in range(o.start[n], o.start[n + 1]):
        if met[at - o.start[n]] == 0:
            for k in range(x.begin[o.word[at]], x.begin[o.word[at] + 1]):
                mine[size] = x.pool[k]
                size += 1
    if size == 0:
        return
    while True:  # their words stand in the order of the vocabulary: take those left in the order of the name
        best = -1
        for k in range(many):
            if their_met[k] == 0 and y.position[begin + k] > last and (best < 0 or y.position[begin + k] < y.position[begin + best]):
                best = k
        if best < 0:
            break
        last = y.position[begin + best]
        token = y.token[begin + best]
        for k in range(y.begin[token], y.begin[token + 1]):
            theirs[length] = y.pool[k]
            length += 1
    if length == 0:
        return
    if size <= 64:
        _masks(mine, size, mask)
    f[63], f[64] = jaro_winkler(mine, size, theirs, 0, length, mask, room, flags), indel(mine, size, theirs, 0, length, mask, room)
    if size <= 64:
        _unmask(mine, size, mask)


@inner
def _rivals(found: Any, quick: Any, low: Any, high: Any, theirs: Any, y: Any, d: Any) -> None:
    """Features 68 to 72: how each pair of one name stands among the others; another party that fits as well speaks against both."""
    best = d.best
    top, second, leader = -1.0, 0.0, -1
    for p in range(low, high):
        best[p - low] = quick[p]
        for r in range(low, high):
            if y.party[theirs[r]] == y.party[theirs[p]]:
                best[p - low] = max(best[p - low], quick[r])
        if best[p - low] > top:
            top, leader = best[p - low], y.party[theirs[p]]
    for p in range(low, high):
        if y.party[theirs[p]] != leader:
            second = max(second, best[p - low])
    for p in range(low, high):
        party, same = y.party[theirs[p]], 0
        for r in range(low, high):
            same += 1 if y.party[theirs[r]] == party else 0
        mine = best[p - low]
        found[p, 68], found[p, 69], found[p, 70] = quick[p], quick[p] - top, mine - (second if mine >= top else top)
        found[p, 71], found[p, 72] = high - low, same


@entry("-", "i8[:] i8[:] b1[:]", (Ours, OURS), (Known, KNOWN), (Listed, LISTED), (Desk, DESK), "f8[:]! f4[:,:]!")
def weigh(ours: Any, theirs: Any, acronym: Any, o: Any, x: Any, y: Any, d: Any, quick: Any, found: Any) -> None:
    """All features of all pairs (sorted by our name), one row each."""
    low, ready = 0, 0
    while low < len(ours):
        n, high, size = ours[low], low, 0
        if low >= ready:
            d.room[0], ready = _fetch(theirs, low, y), low + AHEAD
        for k in range(o.start[n], o.start[n + 1]):
            for c in range(x.begin[o.word[k]], x.begin[o.word[k] + 1]):
                d.compact[size] = x.pool[c]
                size += 1
        if size <= 64:
            _masks(d.compact, size, d.mask)
        while high < len(ours) and ours[high] == n:
            m, f = theirs[high], found[high]
            count = _met(n, m, o, x, y, d)
            quick[high] = _words(f, n, m, o, x, y, d, count)
            _where(f, n, m, o, x, y, d, count)
            _forms(f, n, m, o, x, y, d)
            _letters(f, n, m, o, y, d, size)
            _rest(f, n, m, o, x, y, d)
            f[65] = acronym[high]
            high += 1
        if size <= 64:
            _unmask(d.compact, size, d.mask)
        _rivals(found, quick, low, high, theirs, y, d)
        low = high


TELLING = (
    "same words: ", ", ", " ~ ", ": the same word", ": a typing error away", ": spelled by ear", ": cut short", ": written as one word",
    "one name is the initials of the other", "only in this name: ", "only in the listed name: ", "the same legal form", "different legal forms",
    "the same numbers", "different numbers",
)  # fmt: skip
"""The words of reasons, by number; those of a meeting stand at 3 plus how it came about."""
_TELLING = np.frombuffer("".join(TELLING).encode(), np.uint8).copy()
_TELLING_END = np.cumsum([len(each) for each in TELLING])


@inner
def _say(out: Any, size: Any, number: Any) -> Any:
    low = _TELLING_END[number - 1] if number else 0
    for k in range(low, _TELLING_END[number]):
        out[size + k - low] = _TELLING[k]
    return size + _TELLING_END[number] - low


@inner
def _spell(out: Any, size: Any, pool: Any, begin: Any, word: Any) -> Any:
    for k in range(begin[word], begin[word + 1]):
        out[size] = pool[k]
        size += 1
    return size


@inner
def _exact(n: Any, k: Any, o: Any, x: Any, y: Any, d: Any) -> Any:
    """Did our word meet the very same one, or two of ours one of theirs?"""
    e = d.hit_entry[k]
    span = o.entry_span[e]
    if x.how[o.entry_memory[e]] != SAME:
        return False
    if span >= len(o.word):
        return True
    return o.word[span] == y.token[d.hit_at[k]]


@entry("i8", "i8[:] i8[:] b1[:] f4[:,:]", (Ours, OURS), (Known, KNOWN), (Listed, LISTED), (Desk, DESK), "u1[:]! i4[:]! i4[:]!")
def tell(ours: Any, theirs: Any, acronym: Any, found: Any, o: Any, x: Any, y: Any, d: Any, out: Any, text_end: Any, list_end: Any) -> Any:
    """The short reasons of pairs, as :func:`name_reasons.reasons` words them: bytes, where each reason ends, where the reasons of each pair end. The number of
    reasons; -1 when there was no room."""
    size, texts, tokens = 0, 0, len(o.word)
    for p in range(len(ours)):
        n, m = ours[p], theirs[p]
        count = _met(n, m, o, x, y, d)
        many, begin, their_many = o.start[n + 1] - o.start[n], y.start[m], y.start[m + 1] - y.start[m]
        most, room = 256, texts + 8 + count
        for k in range(count):  # a word may be told twice: as one that met and as one that is left
            token = y.token[d.hit_at[k]]
            most += y.begin[token + 1] - y.begin[token] + 40
        for k in range(many):
            most += 4 * (x.length[o.word[o.start[n] + k]] + 4)
        for k in range(their_many):
            token = y.token[begin + k]
            most += y.begin[token + 1] - y.begin[token] + 4
        if size + most > len(out) or room > len(text_end):
            return -1
        for k in range(count):  # in the order of our words, then of theirs; ``d.at`` is the order
            span = o.entry_span[d.hit_entry[k]]
            d.there[k] = (span - o.start[n] if span < tokens else o.joined_position[span - tokens]) * 65536 + y.position[d.hit_at[k]]
            place = k
            while place > 0 and d.there[d.at[place - 1]] > d.there[k]:
                d.at[place] = d.at[place - 1]
                place -= 1
            d.at[place] = k
        some = False
        for k in range(count):
            if _exact(n, d.at[k], o, x, y, d):
                size = _say(out, size, 1 if some else 0)
                size = _spell(out, size, y.pool, y.begin, y.token[d.hit_at[d.at[k]]])
                some = True
        if some:
            text_end[texts] = size
            texts += 1
        for k in range(count):
            hit = d.at[k]
            if not _exact(n, hit, o, x, y, d):
                e = d.hit_entry[hit]
                span = o.entry_span[e]
                own = span if span < tokens else o.start[n] + o.joined_position[span - tokens]
                size = _spell(out, size, x.pool, x.begin, o.word[own])
                if span >= tokens:
                    size = _spell(out, size, x.pool, x.begin, o.word[own + 1])
                size = _say(out, size, 2)
                size = _spell(out, size, y.pool, y.begin, y.token[d.hit_at[hit]])
                size = _say(out, size, 3 + x.how[o.entry_memory[e]])
                text_end[texts] = size
                texts += 1
        if acronym[p] and not some:
            size = _say(out, size, 8)
            text_end[texts] = size
            texts += 1
        left = False
        for k in range(many):
            if d.met[k] == 0:
                size = _say(out, size, 1 if left else 9)
                size = _spell(out, size, x.pool, x.begin, o.word[o.start[n] + k])
                left = True
        if left:
            text_end[texts] = size
            texts += 1
        left, last = False, -1
        while True:
            best = -1
            for k in range(their_many):
                if d.their_met[k] == 0 and y.position[begin + k] > last and (best < 0 or y.position[begin + k] < y.position[begin + best]):
                    best = k
            if best < 0:
                break
            last = y.position[begin + best]
            size = _say(out, size, 1 if left else 10)
            size = _spell(out, size, y.pool, y.begin, y.token[begin + best])
            left = True
        if left:
            text_end[texts] = size
            texts += 1
        for column, value, number in ((47, 1, 11), (48, 1, 12), (51, 3, 13), (51, 2, 14)):
            if found[p, column] == value:
                size = _say(out, size, number)
                text_end[texts] = size
                texts += 1
        list_end[p] = texts
    return texts
