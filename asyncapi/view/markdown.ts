import { type Html, linkOut, markup, type Part } from "./html.ts";

/** Code, strong words, words of weight, links; each stops where its line does. */
const spans =
  /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\*([^*\s][^*\n]*)\*|\[([^\]\n]+)\]\(([^()\s]+)\)|<((?:https?:\/\/|mailto:)[^<>\s]+)>/g;

function inline(text: string): Part {
  const parts: Part[] = [];
  let done = 0;
  for (const match of text.matchAll(spans)) {
    const [all, code, strong, weight, words, target, bare] = match;
    parts.push(text.slice(done, match.index));
    done = match.index + all.length;
    if (code !== undefined) parts.push(markup`<code>${code}</code>`);
    else if (strong !== undefined) {
      parts.push(markup`<strong>${strong}</strong>`);
    } else if (weight !== undefined) parts.push(markup`<em>${weight}</em>`);
    else if (target !== undefined) parts.push(linkOut(target, words));
    else if (bare !== undefined) parts.push(linkOut(bare, bare));
  }
  return [...parts, text.slice(done)];
}

const item = /^\s*(?:[-*+]|\d+[.)])\s+/;
const heading = /^#{1,6}\s+/;

function block(lines: readonly string[]): Part {
  const [first = ""] = lines;
  if (item.test(first)) {
    const items: string[] = [];
    for (const line of lines) {
      if (item.test(line)) items.push(line.replace(item, ""));
      else items.push(`${items.pop() ?? ""} ${line.trim()}`);
    }
    return markup`<ul>${
      items.map((one) => markup`<li>${inline(one)}</li>`)
    }</ul>`;
  }
  if (heading.test(first)) {
    const [, ...rest] = lines;
    return [
      markup`<p><strong>${inline(first.replace(heading, ""))}</strong></p>`,
      rest.length === 0 ? undefined : block(rest),
    ];
  }
  return markup`<p>${inline(lines.join("\n"))}</p>`;
}

/** Shows what descriptions have of Markdown: paragraphs, lists, code, emphasis and links. All else stays text. */
export function markdown(text: string): Html {
  const parts: Part[] = [];
  let lines: string[] = [];
  let fence: string[] | undefined;
  const end = (): void => {
    if (lines.length > 0) parts.push(block(lines));
    lines = [];
  };
  const endFence = (): void => {
    parts.push(markup`<pre><code>${fence?.join("\n")}</code></pre>`);
    fence = undefined;
  };
  for (const line of text.replaceAll(/\r\n?/g, "\n").split("\n")) {
    if (/^\s*(?:```|~~~)/.test(line)) {
      if (fence === undefined) {
        end();
        fence = [];
      } else endFence();
    } else if (fence !== undefined) fence.push(line);
    else if (line.trim() === "") end();
    else if (
      item.test(line) && lines.length > 0 && !item.test(lines[0] ?? "")
    ) {
      end();
      lines.push(line);
    } else lines.push(line);
  }
  if (fence !== undefined) endFence();
  end();
  return markup`${parts}`;
}
