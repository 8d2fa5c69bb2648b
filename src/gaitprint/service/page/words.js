/** Numbers, times and counts as people read them. */

/** So many walks, in words. */
export function walks(count) {
  return count === 1 ? "1 walk" : `${count.toLocaleString("en")} walks`;
}

/** So often, in words. */
export function times(count) {
  return count === 1 ? "once" : count === 2 ? "twice" : `${count} times`;
}

/** A number with the three digits that count. */
export function short(value) {
  return value === null || value === undefined ? "–" : Number(value.toPrecision(3)).toString();
}

/** A share in percent; never 100 %, for no answer is certain. */
export function percent(share) {
  return share > 0.999 ? "> 99.9 %" : `${short(100 * share)} %`;
}

/** A moment of the service, in the operator's own time. */
export function when(text) {
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? text : moment.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

/** The same, shorter: without the year. */
export function shortly(text) {
  const moment = new Date(text);
  const parts = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
  return Number.isNaN(moment.getTime()) ? text : moment.toLocaleString([], parts);
}

/** Words with commas between them. */
export function listed(text) {
  return [
    ...new Set(
      text
        .split(",")
        .map((word) => word.trim())
        .filter(Boolean),
    ),
  ];
}
