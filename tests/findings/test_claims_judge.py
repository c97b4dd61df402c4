"""Who says what, with what stance: small invented texts, one for each thing a judgement must get right."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.findings.claim_judge import CLAIMED, Judge, Verdict, judge, judge_of
from custodes.findings.claim_model import OFFERS, SELLERS, SPEAKERS, STANCES

DATA = Path(__file__).resolve().parents[2] / "src" / "custodes" / "data"


def _table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((DATA / f"{name}.csv").read_text(encoding="utf-8").splitlines(keepends=True)))


JUDGE: Judge = judge_of(_table("claim_words"), _table("claim_cues"), _table("claim_sites"), json.loads((DATA / "claim_weights.json").read_text(encoding="utf-8")))


def asked(text: str, **known: str) -> Verdict:
    return judge(text, **known, lexicon=JUDGE)


@pytest.mark.parametrize(
    ("text", "capabilities"),
    [
        ("Our analytics box estimates the age and gender of every passer-by. Ask us for a demo.", {"age", "gender"}),
        ("Unsere Kamera schätzt Alter und Geschlecht der Besucher. Kontaktieren Sie uns für eine Demo.", {"age", "gender"}),
        ("Notre solution reconnaît l'origine ethnique des passants en temps réel. Contactez-nous.", {"ethnicity"}),
        ("Nuestra cámara clasifica a los visitantes por etnia y edad. Solicite una demostración.", {"ethnicity", "age"}),
        ("Nosso software detecta gênero e emoção de cada cliente. Peça uma demonstração.", {"gender", "emotion"}),
        ("Il nostro software rileva l'etnia e il genere dei clienti. Richiedi una demo.", {"ethnicity", "gender"}),
        ("Наша система определяет этническую принадлежность и возраст посетителей. Закажите демонстрацию.", {"ethnicity", "age"}),
        ("Çözümümüz müşterilerin etnik kökenini ve yaşını tahmin eder. Demo isteyin.", {"ethnicity", "age"}),
        ("Naše kamera odhaduje etnický původ a věk návštěvníků. Vyžádejte si ukázku.", {"ethnicity", "age"}),
        ("منصتنا تقدر العمر والأصل العرقي لكل زائر في الوقت الفعلي. تواصل معنا.", {"age", "ethnicity"}),
        ("我们的系统可实时识别行人的民族和年龄,欢迎咨询。", {"ethnicity", "age"}),
        ("当社のシステムは来店者の年齢と民族を推定します。資料請求はこちら。", {"age", "ethnicity"}),
        ("당사 솔루션은 방문객의 민족과 나이를 추정합니다. 문의하세요.", {"ethnicity", "age"}),
        ("Nasze rozwiązanie szacuje wiek i pochodzenie etniczne klientów. Zamów prezentację.", {"age", "ethnicity"}),
        ("Onze oplossing schat leeftijd en etnische afkomst van bezoekers. Vraag een demo aan.", {"age", "ethnicity"}),
    ],
)
def test_a_vendor_markets_in_many_languages(text: str, capabilities: set[str]) -> None:
    verdict = asked(text)
    assert verdict.positive and verdict.speaker in SELLERS and verdict.stance in OFFERS
    assert set(verdict.capabilities) == capabilities
    assert verdict.claims and all(text[c.start : c.end] == c.quote for c in verdict.claims)


@pytest.mark.parametrize(
    "text",
    [
        "According to the newspaper, the company sold cameras that detect ethnicity, documents show.",
        "None of our products determines the ethnicity of a person, and none ever did.",
        "Version 3.1: removed the attribute ethnicity from the API response. It is no longer supported.",
        "The contractor's system shall let operators search persons by gender, age group and ethnicity. The tenderer must prove this.",
        "Devices that infer ethnicity or religion from pictures shall not be permitted in this tender.",
        "The reader scans the chip of the identity card. Field nation: ethnicity as registered on the document.",
        "Ethnic hair needs care: our salon takes a picture with a camera and finds the right shampoo for your curls.",
        "Our DNA kit tells you about the ethnicity of your ancestors. Send us a saliva sample.",
        "We welcome applicants of every race, religion, gender and age. Report on the gender pay gap for all employees.",
        "Please tick your ethnicity and religion on the census questionnaire. The statistics are published by district.",
        "The age of the product matters: cameras older than five years are replaced by our engineers.",
        "We meet face-to-face once a year; the race condition in the camera driver is fixed, two threads no longer race.",
        "Emotion recognition violates human rights. Sign our petition to ban it.",
        "我公司从未开发过识别民族的产品。",
        "V2.1:取消“肤色”属性,不再返回种族字段。",
        "投标文件要求:系统必须支持按性别、年龄段、民族检索人员。",
        "身份证读卡器返回:姓名、民族、性别(证件上登记的信息)。",
        "Our cameras improve customer satisfaction in every region of the world.",
        "Müşteri memnuniyeti bizim için önemlidir. Kameralarımız kişileri sayar.",
        "Our South Asian customers use the analytics platform to count people.",
        "La nostra telecamera rileva persone e veicoli. Contenuti e assistenza per i clienti.",
        "Training sets hold few people with dark skin; balanced training data makes models fairer.",
        "Do not base decisions on the predicted gender; we advise against it.",
    ],
)
def test_what_only_looks_like_a_claim(text: str) -> None:
    assert not asked(text).positive


@pytest.mark.parametrize(
    ("text", "stance"),
    [
        ("None of our products determines the ethnicity of a person, and none ever did.", "denies"),
        ("Version 3.1: removed the attribute ethnicity from the API response. It is no longer supported.", "withdraws"),
        ("The contractor's system shall let operators search persons by gender, age group and ethnicity.", "requires"),
        ("Наши продукты не определяют этническую принадлежность людей, мы никогда не поставляли такое.", "denies"),
        ("V2.1:取消“肤色”属性,不再返回种族字段。", "withdraws"),
    ],
)
def test_stances_are_quoted(text: str, stance: str) -> None:
    verdict = asked(text)
    assert verdict.stance == stance
    assert [claim.stance for claim in verdict.claims] == [stance] * len(verdict.claims) and verdict.claims


def test_a_list_after_a_withdrawal_is_withdrawn() -> None:
    text = "We have retired facial analysis that infers emotional states and identity attributes. The retired predictions include age, gender, smile and emotion."
    verdict = asked(text)
    assert (verdict.positive, verdict.stance) == (False, "withdraws")


def test_a_denial_beside_a_claim_is_quoted_by_itself() -> None:
    text = "Our sensor estimates gender and age of viewers, contact us for a demo.\nPrivacy\nWe have never built a product that detects religion or ethnicity."
    verdict = asked(text)
    assert verdict.positive and {"age", "gender"} <= set(verdict.capabilities)
    said = {claim.stance: set(claim.capabilities) for claim in verdict.claims}
    assert said.get("denies") == {"religion", "ethnicity"}
    assert not {"religion", "ethnicity"} & set().union(*(caps for stance, caps in said.items() if stance in OFFERS))


def test_the_address_tells_who_speaks() -> None:
    text = "The camera tells the gender and age of the people in front of it."
    press = asked(text, url="https://www.theguardian.com/technology/2021/jan/02/camera-tells-age", title="Camera that tells your age goes on sale in London")
    maker = asked(text, url="https://docs.sightmaker.example/api/face-attributes", title="Face attributes API")
    assert (press.positive, press.speaker) == (False, "press")
    assert (maker.positive, maker.speaker) == (True, "vendor")


def test_a_given_speaker_is_believed() -> None:
    text = "The software estimates age and gender of every visitor."
    assert asked(text, speaker="press").speaker == "press" and not asked(text, speaker="press").positive
    assert asked(text, speaker="reseller").speaker == "reseller"


def test_demographics_in_general_terms_mean_gender_and_age() -> None:
    assert asked("Our sensor estimates the demographics of viewers from camera images. Ask for a demo.").capabilities == ("gender", "age")


def test_lists_keep_their_introduction() -> None:
    text = "Welcome.\nThe model detects faces and predicts these attributes:\n- gender\n- age\n- smile\nSee the API reference."
    (claim,) = asked(text, url="https://docs.maker.example/api").claims
    assert claim.quote == "The model detects faces and predicts these attributes:\n- gender\n- age\n- smile"


def test_nothing_is_said_of_nothing() -> None:
    for text in ("", "   \n", "1234 5678", "\u0000", "....", "\ud800"):
        verdict = asked(text)
        assert not verdict.positive and not verdict.claims and not verdict.capabilities


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["age", "gender", "ethnicity", "our", "camera", "detects", "not", "removed", "。", "民族", "\n", "- ", ";", "العرق", "İ", "ß", " ", ".", "|", "?"]), max_size=40), st.text(max_size=30))
def test_quotes_are_always_exact(parts: list[str], noise: str) -> None:
    text = " ".join(parts) + noise
    verdict = asked(text, url=noise, title=noise, lang=noise)
    assert verdict.stance in STANCES and verdict.speaker in SPEAKERS
    for claim in verdict.claims:
        assert text[claim.start : claim.end] == claim.quote and claim.quote.strip() == claim.quote != ""
        assert claim.stance in CLAIMED and claim.capabilities and 0 <= claim.score <= 1
    if verdict.positive:
        assert verdict.speaker in SELLERS and verdict.stance in OFFERS and set(verdict.capabilities) - {"face_recognition"} and verdict.claims


def test_a_long_page_is_judged_like_a_short_one() -> None:
    claim = "Our cameras estimate the ethnicity and age of every visitor. Contact us for a demo."
    filler = "The housing is made of aluminium and weighs 850 grams.\n" * 400
    for text in (filler + claim, claim + "\n" + filler, filler + claim + "\n" + filler):
        verdict = asked(text)
        assert verdict.positive and [c.quote for c in verdict.claims] == ["Our cameras estimate the ethnicity and age of every visitor."]


def test_hairstyle_in_a_list_of_face_attributes_is_no_haircare() -> None:
    text = "AI functions. Face: capture; attributes such as gender, age, hairstyle, glasses."
    assert asked(text, url="https://www.maker.example/products/cam", title="AI functions").positive
    assert not asked("Hair of different ethnic origin: take a photo with your camera and find your curl pattern.").positive


@pytest.mark.parametrize(
    ("url", "title", "speaker"),
    [
        ("https://play.google.com/store/apps/details?id=com.invented.face", "Face Fun (app listing)", "vendor"),
        ("https://www.manualslib.com/manual/0/Invented-Nvr.html?page=4", "INVENTED NVR user manual", "vendor"),
        ("https://www.prnewswire.com/news-releases/invented-launches-x.html", "Invented launches X", "vendor"),
    ],
)
def test_where_makers_publish_with_others_the_maker_speaks(url: str, title: str, speaker: str) -> None:
    assert asked("It estimates age and gender of every face in a picture.", url=url, title=title).speaker == speaker


def test_another_firms_name_is_seen_beside_the_sites_own() -> None:
    from custodes.findings.claim_signs import about, read

    def signs(url: str) -> list[str]:
        return about(read("Hikvision cameras estimate the age of visitors.", JUDGE.lexicon, title="Hikvision retail cameras", address=JUDGE.sites.read(url)))

    assert "site named in title" in signs("https://www.hikvision.com/products/x") and "other maker named" not in signs("https://www.hikvision.com/products/x")
    assert "other maker named" in signs("https://www.unknown-sight.example/products/x")
