import { readFileSync } from 'node:fs';

// The kernel reports CPU time in ticks of 1/100 s on every Linux this runs on (USER_HZ).
const MS_PER_TICK = 10;

/**
 * CPU milliseconds, user and system, that all threads of a process have used; in steps of 10 ms, so
 * a sample should be long. Linux only: elsewhere no peer's process can be measured.
 */
export function cpuOfProcess(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the command in parentheses and may hold spaces: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** Resident memory of a process in MiB. */
export function residentMemory(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(line?.[1]) / 1024;
}

/** CPU milliseconds of this process, all threads included. */
export function cpuOfThisProcess(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
