/** The entity tag of what is sent. */
export async function etagOf(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", body);
  const half = new Uint8Array(digest, 0, 16);
  return `"${
    Array.from(half, (byte) => byte.toString(16).padStart(2, "0")).join("")
  }"`;
}

/** Whether an `If-None-Match` header names an entity tag; weak ones are compared as strong ones, as for reading they are. */
export function isNamed(header: string | null, etag: string): boolean {
  if (header === null) return false;
  if (header.trim() === "*") return true;
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => tag.replace(/^W\//, "") === etag);
}
