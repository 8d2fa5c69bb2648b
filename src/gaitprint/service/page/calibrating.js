/** How near is near enough: set from false alarms that an operator can stand. */

import { upload } from "./api.js";
import { done } from "./corrections.js";
import { ask } from "./dialog.js";
import { field, h } from "./dom.js";
import { gallery, may } from "./state.js";
import { short } from "./words.js";

/** What is said above all answers while they cannot be trusted. */
export function calibrationNotice() {
  const now = gallery();
  if (!now || now.people === 0) return null;
  const button =
    may("admin") && h("button.small", { click: calibrate }, now.calibration ? "Calibrate …" : "Calibrate now …");
  if (!now.calibration)
    return h("p.banner", { role: "note" }, h("span", {}, "Not calibrated: everybody is unknown. "), button);
  if (!now.calibration.reason) return null;
  return h(
    "p.banner",
    { role: "note" },
    h("span", {}, `Calibrated with few strangers: ${now.calibration.reason}. `),
    button,
  );
}

/** Ask for the rate, and for strangers where there are some. */
export function calibrate() {
  const rate = h("input", { type: "number", min: "0.1", max: "999", step: "0.1", value: "10", required: true });
  const strangers = h("input", { type: "file", accept: ".safetensors,.npz,.zip" });
  const body = [
    field("False alarms of 1,000 strangers", rate, "So many people who are not enrolled may get somebody's name."),
    field(
      "Strangers of your own site",
      strangers,
      "Vectors of people who are not enrolled. None: the known are searched for among each other.",
    ),
  ];
  const act = async () => {
    const found = await upload(
      "calibrate",
      strangers.files[0] ?? null,
      { per_1000: rate.value },
      undefined,
      "strangers",
    );
    done(`Named within ${short(found.threshold)}: at most ${short(found.per_1000)} false alarms of 1,000 strangers.`);
  };
  return ask("How near is near enough?", body, { yes: "Calibrate", act });
}
