import arrowDownToLine from 'lucide-static/icons/arrow-down-to-line.svg?raw';
import arrowLeftRight from 'lucide-static/icons/arrow-left-right.svg?raw';
import arrowUp from 'lucide-static/icons/arrow-up.svg?raw';
import box from 'lucide-static/icons/box.svg?raw';
import bug from 'lucide-static/icons/bug.svg?raw';
import check from 'lucide-static/icons/check.svg?raw';
import chevronDown from 'lucide-static/icons/chevron-down.svg?raw';
import chevronRight from 'lucide-static/icons/chevron-right.svg?raw';
import circleDot from 'lucide-static/icons/circle-dot.svg?raw';
import clock from 'lucide-static/icons/clock.svg?raw';
import copy from 'lucide-static/icons/copy.svg?raw';
import crosshair from 'lucide-static/icons/crosshair.svg?raw';
import droplet from 'lucide-static/icons/droplet.svg?raw';
import fastForward from 'lucide-static/icons/fast-forward.svg?raw';
import fileCode from 'lucide-static/icons/file-code.svg?raw';
import house from 'lucide-static/icons/house.svg?raw';
import keyboard from 'lucide-static/icons/keyboard.svg?raw';
import layers from 'lucide-static/icons/layers.svg?raw';
import link from 'lucide-static/icons/link.svg?raw';
import menu from 'lucide-static/icons/menu.svg?raw';
import moon from 'lucide-static/icons/moon.svg?raw';
import pickaxe from 'lucide-static/icons/pickaxe.svg?raw';
import play from 'lucide-static/icons/play.svg?raw';
import redo from 'lucide-static/icons/redo-2.svg?raw';
import rewind from 'lucide-static/icons/rewind.svg?raw';
import search from 'lucide-static/icons/search.svg?raw';
import settings from 'lucide-static/icons/settings.svg?raw';
import skipBack from 'lucide-static/icons/skip-back.svg?raw';
import skipForward from 'lucide-static/icons/skip-forward.svg?raw';
import stepBack from 'lucide-static/icons/step-back.svg?raw';
import stepForward from 'lucide-static/icons/step-forward.svg?raw';
import sun from 'lucide-static/icons/sun.svg?raw';
import warning from 'lucide-static/icons/triangle-alert.svg?raw';
import undo from 'lucide-static/icons/undo-2.svg?raw';
import upload from 'lucide-static/icons/upload.svg?raw';
import wallet from 'lucide-static/icons/wallet.svg?raw';
import waypoints from 'lucide-static/icons/waypoints.svg?raw';
import x from 'lucide-static/icons/x.svg?raw';
import type { JSX } from 'preact';

const ICONS = {
  arrowDownToLine,
  arrowLeftRight,
  arrowUp,
  box,
  bug,
  check,
  chevronDown,
  chevronRight,
  circleDot,
  clock,
  copy,
  crosshair,
  droplet,
  fastForward,
  fileCode,
  house,
  keyboard,
  layers,
  link,
  menu,
  moon,
  pickaxe,
  play,
  redo,
  rewind,
  search,
  settings,
  skipBack,
  skipForward,
  stepBack,
  stepForward,
  sun,
  undo,
  upload,
  wallet,
  warning,
  waypoints,
  x,
} as const;

export type IconName = keyof typeof ICONS;

const INNER = new Map<IconName, string>(
  Object.entries(ICONS).map(([name, svg]) => [
    name as IconName,
    /<svg[^>]*>([\s\S]*)<\/svg>/.exec(svg)?.[1] ?? '',
  ]),
);

/** A drawing that stands beside its meaning in words, so that readers need not be told of it. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): JSX.Element {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
      // Drawings that were built in, never anything that came from a chain.
      dangerouslySetInnerHTML={{ __html: INNER.get(name) ?? '' }}
    />
  );
}

/** Nine bars, one a family. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
      {Array.from({ length: 9 }, (_, i) => (
        <rect
          key={i}
          class={`family-fill-${i + 1}`}
          x="10.45"
          y="1.6"
          width="3.1"
          height="6.6"
          rx="1.55"
          transform={`rotate(${i * 40} 12 12)`}
        />
      ))}
    </svg>
  );
}
