/**
 * The control plane: whether an application lives and is ready, and the pages that modules give, as one handler of web requests.
 *
 * @module
 */
export { controlPlane } from "./control_plane.ts";
export type { ControlPlane, ControlPlaneOptions } from "./control_plane.ts";
export type { Page, PageContent, Pages, PageVisit } from "./page.ts";
