/** As much of React as the page names; its own types are no dependency of this project. */
declare module "react" {
  export function createElement(type: unknown, props: object | null, ...children: unknown[]): unknown;
}

declare module "react-dom/client" {
  export function createRoot(container: Element): { render(element: unknown): void };
}
