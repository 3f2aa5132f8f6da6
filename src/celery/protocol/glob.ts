/** One place of a pattern: `*`, or what one character must be. */
type Place = "any run" | ((character: string) => boolean);

/**
 * Python's `fnmatchcase`: `*`, `?`, `[seq]`, `[!seq]`. Takes time that grows with the product of both lengths at worst,
 * where a regular expression of several `*` takes their power.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const places = placesOf(pattern);
  const characters = [...text];
  let place = 0;
  let index = 0;
  /** The last run, and where what follows it is tried next. */
  let afterRun = -1;
  let retry = 0;
  while (index < characters.length) {
    const wanted = places[place];
    if (wanted === "any run") {
      place += 1;
      afterRun = place;
      retry = index;
    } else if (wanted?.(characters[index] ?? "")) {
      place += 1;
      index += 1;
    } else if (afterRun >= 0) {
      place = afterRun;
      retry += 1;
      index = retry;
    } else {
      return false;
    }
  }
  return places.slice(place).every((rest) => rest === "any run");
}

function placesOf(pattern: string): Place[] {
  const places: Place[] = [];
  const characters = [...pattern];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? "";
    // A bracket may itself be the first of a set.
    const close = character === "[" ? characters.indexOf("]", index + (characters[index + 1] === "!" ? 3 : 2)) : -1;
    if (character === "*") {
      if (places.at(-1) !== "any run") places.push("any run");
    } else if (character === "?") {
      places.push(() => true);
    } else if (close !== -1) {
      places.push(setOf(characters.slice(index + 1, close)));
      index = close;
    } else {
      places.push((other) => other === character);
    }
  }
  return places;
}

function setOf(members: readonly string[]): Place {
  const isNegated = members[0] === "!";
  const listed = isNegated ? members.slice(1) : members;
  return (character) => isListed(listed, character) !== isNegated;
}

function isListed(members: readonly string[], character: string): boolean {
  for (let index = 0; index < members.length; index += 1) {
    const from = members[index] ?? "";
    const to = members[index + 1] === "-" ? members[index + 2] : undefined;
    if (to !== undefined) index += 2;
    if (character >= from && character <= (to ?? from)) return true;
  }
  return false;
}
