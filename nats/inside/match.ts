/** Whether a subject is one that a pattern takes. */
export function matches(pattern: string, subject: string): boolean {
  if (!isPattern(pattern)) return pattern === subject;
  return covers(pattern, subject);
}

/** Whether a pattern has a wildcard. */
export function isPattern(subject: string): boolean {
  return /(^|\.)[*>](\.|$)/.test(subject);
}

/** Whether a pattern takes all that another one does. */
export function covers(pattern: string, other: string): boolean {
  const wide = pattern.split(".");
  const narrow = other.split(".");
  for (const [i, token] of wide.entries()) {
    if (token === ">") return narrow.length > i;
    const found = narrow[i];
    if (found === undefined || found === ">") return false;
    if (token !== "*" && token !== found) return false;
  }
  return wide.length === narrow.length;
}

/** Whether there is a subject that both take. */
export function overlaps(one: string, other: string): boolean {
  const a = one.split(".");
  const b = other.split(".");
  for (let i = 0;; i++) {
    const [left, right] = [a[i], b[i]];
    if (left === undefined || right === undefined) return left === right;
    if (left === ">" || right === ">") return true;
    if (left !== "*" && right !== "*" && left !== right) return false;
  }
}

/** Whether it can be subscribed to. */
export function isSubject(subject: string): boolean {
  const tokens = subject.split(".");
  return tokens.every((token, i) =>
    /^\S+$/.test(token) && (token !== ">" || i === tokens.length - 1)
  );
}
