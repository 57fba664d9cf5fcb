import type { AppInfo } from "../app/types.ts";
import { commonOptions } from "./args.ts";
import type { Command, CommandOption } from "./command.ts";

/** Two columns, the left one as wide as its widest. */
export function columns(
  rows: readonly (readonly [string, string])[],
  indent = "  ",
): string {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows
    .map(([left, right]) =>
      `${indent}${left.padEnd(width)}  ${right}`.trimEnd() + "\n"
    )
    .join("");
}

function optionRows(
  options: Readonly<Record<string, CommandOption>>,
): readonly (readonly [string, string])[] {
  return Object.entries(options).map((
    [name, { value, summary, short, repeats }],
  ) => {
    const remarks = [
      ...short === undefined ? [] : [` (-${short})`],
      ...repeats ? [" (may be repeated)"] : [],
    ];
    return [
      `--${name}${value === undefined ? "" : ` ${value}`}`,
      `${summary}${remarks.join("")}`,
    ] as const;
  });
}

/** The title and the version, on one line. */
export function version({ title, version }: AppInfo): string {
  return `${title} ${version}\n`;
}

/** What there is; the first command is the default. */
export function mainHelp(info: AppInfo, commands: readonly Command[]): string {
  const rows = commands.map(({ name, usage, summary }, index) =>
    [
      usage === undefined ? name : `${name} ${usage}`,
      index === 0 ? `${summary} (the default)` : summary,
    ] as const
  );
  const about = info.description === undefined ? "" : `${info.description}\n`;
  const [first] = commands;
  return `${version(info)}${about}
Usage: [COMMAND] [OPTIONS]

Commands:
${columns(rows)}
Options of every command:
${columns(optionRows(commonOptions))}
Options of "${first?.name}":
${columns(optionRows(first?.options ?? {}))}
"COMMAND --help" shows the options of a command.
`;
}

/** What one command takes. */
export function commandHelp(
  { name, usage, summary, options = {} }: Command,
): string {
  const rows = optionRows({ ...options, ...commonOptions, ...options });
  return `${summary}

Usage: ${name}${usage === undefined ? "" : ` ${usage}`} [OPTIONS]

Options:
${columns(rows)}`;
}
