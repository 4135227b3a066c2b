/** What the SDK gives as the text of an Output: there is none before its value is known. */
export function isOutputText(text: string): boolean {
  return text.includes("[toString] on an [Output<T>]");
}
