/** A content type without its parameters, in lower case: what codecs are found by. */
export function mediaType(contentType: string): string {
  const end = contentType.indexOf(";");
  return (end < 0 ? contentType : contentType.slice(0, end)).trim()
    .toLowerCase();
}
