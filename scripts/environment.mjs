/**
 * The environment without what npm or pnpm tell their scripts: a package manager started from there would take it for
 * settings of its own. Registry and certificates stay.
 */
export function cleanEnvironment(variables = {}) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^npm_(config_(?!registry|cafile)|package_|lifecycle_)/i.test(name),
  );
  return { ...Object.fromEntries(kept), npm_config_update_notifier: "false", ...variables };
}
