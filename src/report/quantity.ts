/** Quantities as people read them. */
import { formatCount } from "../vocabulary/counted.ts";

/** `0 B`, `1.5 KiB`, `12 GiB`: three digits at most. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, "")} ${units[unit]}`;
}

/** `0.4 s`, `59 s`, `12 min 5 s`, `3 h 20 min` */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${formatCount(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** In whole units, rounded up: `0 s`, `40 s`, `12 min 5 s`, `2 h 5 min`. For what changes while one looks. */
export function formatWholeSeconds(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return whole < 60 ? `${whole} s` : formatSeconds(whole);
}

/** `12.34 CNY`, `0.000125 CNY`, `1,234.50 CNY`. Not by Intl, whose tables take as long to load as a hundred originals to archive. */
export function formatMoney(amount: number, currency: string): string {
  const tiny = amount !== 0 && amount < 0.01;
  // As its digits are written: 50.025 is 50.03, though the nearest number that a computer has for it is a little less.
  const rounded = tiny ? amount : Math.round(Number(`${amount}e2`)) / 100;
  const [whole = "", fraction = ""] = rounded.toFixed(tiny ? 6 : 2).split(".");
  return `${formatCount(Number(whole))}.${fraction.replace(/(?<=..)0+$/, "")} ${currency}`;
}
