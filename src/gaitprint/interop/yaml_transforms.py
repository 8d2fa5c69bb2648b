"""Transforms of a foreign configuration: the cut of the sides, and what changes training clips by chance."""

from typing import Any

from gaitprint.interop.key_ledger import Account

CUTS = {"BaseSilCuttingTransform": True, "BaseParsingCuttingTransform": True, "BaseSilTransform": False}
"""The toolkit's transforms that make a clip of frames, and whether they cut the sides."""
AUGMENTATIONS = {
    "RandomHorizontalFlip": "flip",
    "RandomErasing": "erase",
    "RandomRotate": "rotate",
    "RandomPerspective": "perspective",
    "RandomAffine": "affine",
    "RandomPartDilate": "part-dilate",
    "RandomPartBlur": "part-blur",
}
"""Our augmentations by the toolkit's names."""
ROWS = {"RandomPartDilate": ((12, 16), (36, 40)), "RandomPartBlur": ((9, 20), (29, 40))}
"""Rows between which a band starts and ends, where a configuration does not say."""


def read_transforms(account: Account) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The recipe's `preprocessing` and `augmentations`.

    Raises:
        ConfigError: a value of the wrong type.
    """
    preprocessing: dict[str, Any] = {"cut": 10}
    augmentations: list[dict[str, Any]] = []
    places = _steps(account, "trainer_cfg.transform")
    if not places:
        account.settle("trainer_cfg.transform", "used", "preprocessing.cut = 10")
    for place in places:
        preprocessing |= _read_cut(account, place)
    for place in places:
        augmentation = _read_augmentation(account, place, preprocessing.get("size", 64))
        augmentations += [augmentation] if augmentation else []
    for place in _steps(account, "evaluator_cfg.transform"):
        _settle_evaluation(account, place, preprocessing)
    return preprocessing, augmentations


def _steps(account: Account, key: str) -> list[str]:
    """The places of the single transforms of the first kind of input, those within a Compose one by one."""
    places: list[str] = []
    for i, place in enumerate(account.tables(key)):
        if i:
            account.settle_below(place, "of a second kind of input: a store holds silhouettes only")
        elif account.word(f"{place}.type", "BaseSilCuttingTransform") == "Compose":
            account.settle(f"{place}.type", "used", "its transforms, one by one")
            places += account.tables(f"{place}.trf_cfg")
        else:
            places.append(place)
    return places


def _read_cut(account: Account, place: str) -> dict[str, Any]:
    """Size and cut, if that is what the transform at `place` is about."""
    kind = account.word(f"{place}.type", "BaseSilCuttingTransform")
    if kind not in CUTS:
        return {}
    settings, became = _cut(account, place, kind)
    maps = "Parsing" in kind
    account.agree(
        f"{place}.type", not maps, became + ("; frames are silhouettes here, no parsing maps" if maps else "")
    )
    account.agree(f"{place}.cutting", CUTS[kind], became)
    parts = "; the network gets as many parts as rows" if settings["size"] != 64 else ""
    account.agree(f"{place}.img_w", not parts, f"preprocessing.size = {settings['size']}{parts}")
    _settle_scale(account, place)
    return settings


def _cut(account: Account, place: str, kind: str) -> tuple[dict[str, int], str]:
    size = account.whole(f"{place}.img_w", 64)
    cut = account.whole(f"{place}.cutting", size // 64 * 10) if CUTS[kind] else 0
    return {"size": size, "cut": cut}, f"preprocessing.cut = {cut}"


def _settle_scale(account: Account, place: str) -> None:
    """Frames are bytes here; an older spelling of the divisor is as good as the newer."""
    for key in ("divsor", "disvor"):
        same = account.number(f"{place}.{key}", 255.0) == 255
        account.agree(f"{place}.{key}", same, "values are divided by 255")


def _read_augmentation(account: Account, place: str, size: int) -> dict[str, Any] | None:
    """The augmentation at `place`; None where it is the cut or nothing that is here."""
    kind = account.word(f"{place}.type", "BaseSilCuttingTransform")
    if kind in CUTS:
        return None
    if kind not in AUGMENTATIONS:
        account.settle(f"{place}.type", "unused", "no such transform here; values are always divided by 255")
        account.settle_below(place, f"a setting of {kind!r}, which is left out")
        return None
    name = AUGMENTATIONS[kind]
    account.settle(f"{place}.type", "used", f"augmentations: {name}")
    settings: dict[str, Any] = {"probability": account.number(f"{place}.prob", 0.5)}
    account.settle(f"{place}.prob", "used", f"probability = {settings['probability']} of {name}")
    if kind == "RandomErasing":
        low, high = account.number(f"{place}.sl", 0.05), account.number(f"{place}.sh", 0.2)
        settings |= {"area": [low, high], "ratio": account.number(f"{place}.r1", 0.3)}
        account.settle(f"{place}.sl", "used", f"area = {settings['area']} of {name}")
        account.settle(f"{place}.sh", "used", f"area = {settings['area']} of {name}")
        account.settle(f"{place}.r1", "used", f"ratio = {settings['ratio']} of {name}")
    if kind == "RandomRotate":
        settings["degrees"] = account.number(f"{place}.degree", 10.0)
        account.settle(f"{place}.degree", "used", f"degrees = {settings['degrees']} of {name}")
    if kind in ROWS:
        for theirs, ours, rows in zip(("top_range", "bot_range"), ("top", "bottom"), ROWS[kind], strict=True):
            rows_found = account.wholes(f"{place}.{theirs}", rows)
            settings[ours] = [row / size for row in rows_found]
            account.settle(f"{place}.{theirs}", "used", f"{ours} = {settings[ours]} of {name}, shares of the height")
    if kind in ("RandomErasing", "RandomPartBlur"):
        settings["per_frame"] = account.flag(f"{place}.per_frame", False)
        account.settle(f"{place}.per_frame", "used", f"per_frame = {str(settings['per_frame']).lower()} of {name}")
    account.settle_below(place, f"{name} has no such setting")
    return {"name": name, "settings": settings}


def _settle_evaluation(account: Account, place: str, preprocessing: dict[str, Any]) -> None:
    """Training and embedding share one preprocessing, which travels with the weights."""
    kind = account.word(f"{place}.type", "BaseSilCuttingTransform")
    if kind not in CUTS:
        account.settle_below(place, "frames are embedded as they are")
        return
    settings, _ = _cut(account, place, kind)
    same = settings == {"size": 64} | preprocessing and "Parsing" not in kind
    text = f"preprocessing.cut = {preprocessing['cut']}, as in training"
    for key in ("type", "cutting", "img_w"):
        account.agree(f"{place}.{key}", same, text)
    _settle_scale(account, place)
