import { controlPlane } from "../http/control_plane.ts";
import type { Pages } from "../http/page.ts";
import type { CommandContext } from "./command.ts";
import { errorLine } from "./failure.ts";
import { type HttpPlace, type HttpServer, listenHttp } from "./http_server.ts";
import type { World } from "./world.ts";

/**
 * Serves the control plane of the application, and says where.
 *
 * @param place Where to listen; undefined serves nothing.
 * @throws {TypeError} If a page is none, or nobody can listen there.
 */
export async function servePages(
  place: HttpPlace | undefined,
  pages: Pages,
  { app, say }: Pick<CommandContext, "app" | "say">,
  { clock }: Pick<World, "clock">,
): Promise<HttpServer | undefined> {
  const control = controlPlane({ app, pages });
  if (place === undefined) return undefined;
  try {
    const server = await listenHttp(place, control, clock);
    const paths = ["/livez", "/readyz", ...Object.keys(pages)];
    say(`Control plane at ${server.url}: ${paths.join(", ")}`);
    return server;
  } catch (error) {
    const { host = "127.0.0.1", port } = place;
    throw new TypeError(
      `Cannot listen at "${host}:${port}": ${errorLine(error)}`,
      { cause: error },
    );
  }
}
