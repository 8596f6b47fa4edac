/** How many files this process may have open at once: `ulimit -n`, 1,024 in a function. */
import { readFileSync } from "node:fs";

/** Undefined where nothing limits it, or the system (Windows) does not say. Node has raised it as far as it may. */
export function openFilesLimit(): number | undefined {
  return numberOf(ofLinux() ?? ofReport());
}

function ofLinux(): string | undefined {
  try {
    return /^Max open files +(\S+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
  } catch {
    return undefined;
  }
}

/** Takes some 30 ms, more where it may ask for the names of interfaces. */
function ofReport(): unknown {
  try {
    const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
    report.excludeNetwork = true;
    const all = report.getReport() as { readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } } };
    return all.userLimits?.open_files?.soft;
  } catch {
    return undefined;
  }
}

function numberOf(said: unknown): number | undefined {
  const files = Number(said);
  return said !== undefined && Number.isSafeInteger(files) && files > 0 ? files : undefined;
}
