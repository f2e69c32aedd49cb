import { VERSION, VERSION_TEXT } from '../version.ts';
import type { Api } from './api.ts';
import type { Json } from './format.ts';
import { amount } from './json.ts';
import { helpOf, may, methodsOf, type RpcMethods, usageOf } from './method.ts';

/** BIP 324 and before: the version of the protocol between nodes that the answers belong to. */
const PROTOCOL_VERSION = 70016;
/** NETWORK, WITNESS, COMPACT_FILTERS, NETWORK_LIMITED */
const LOCAL_SERVICES = 0x449n;

/** Methods about the node itself. It has no peers: it is alone on its chain. */
export function controlMethods(api: Api, all: () => RpcMethods): RpcMethods {
  const { node } = api;
  return {
    ...methodsOf('Network', {
      getnetworkinfo: [
        'Returns the state of the network.',
        [],
        (): Json => ({
          version: VERSION,
          subversion: VERSION_TEXT,
          protocolversion: PROTOCOL_VERSION,
          localservices: LOCAL_SERVICES.toString(16).padStart(16, '0'),
          localservicesnames: ['NETWORK', 'WITNESS', 'COMPACT_FILTERS', 'NETWORK_LIMITED'],
          localrelay: true,
          timeoffset: 0,
          networkactive: true,
          connections: 0,
          connections_in: 0,
          connections_out: 0,
          networks: ['ipv4', 'ipv6', 'onion', 'i2p', 'cjdns'].map((name, i) => ({
            name,
            limited: i > 1,
            reachable: i <= 1,
            proxy: '',
            proxy_randomize_credentials: false,
          })),
          relayfee: amount(BigInt(node.policy.minRelayFeeRate)),
          incrementalfee: amount(BigInt(node.policy.incrementalRelayFeeRate)),
          localaddresses: [],
          warnings: [],
        }),
      ],
      getconnectioncount: ['Returns how many peers there are.', [], () => 0],
      getpeerinfo: ['Returns the peers.', [], () => []],
      getnettotals: [
        'Returns how much was sent to peers.',
        [],
        () => ({
          totalbytesrecv: 0,
          totalbytessent: 0,
          timemillis: node.now() * 1000,
          uploadtarget: {
            timeframe: 86_400,
            target: 0,
            target_reached: false,
            serve_historical_blocks: true,
            bytes_left_in_cycle: 0,
            time_left_in_cycle: 0,
          },
        }),
      ],
      getzmqnotifications: ['Returns where notifications are published.', [], () => []],
    }),
    ...methodsOf('Control', {
      uptime: ['Returns how many seconds the node has run.', [], () => Math.max(0, api.uptime())],
      help: [
        'Lists the methods, or explains one.',
        [may('command', 'string')],
        (args) => {
          const name = args.maybeString('command');
          const methods = all();
          if (name === undefined) return listing(methods);
          const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
          return method === undefined ? `help: unknown command: ${name}` : helpOf(name, method);
        },
      ],
      getrpcinfo: [
        'Returns the state of the server.',
        [],
        () => ({ active_commands: [{ method: 'getrpcinfo', duration: 0 }], logpath: '' }),
      ],
      stop: [
        'Asks the node to stop.',
        [],
        () => {
          api.stop();
          return 'Ninefold stopping';
        },
      ],
      echo: [
        'Returns its parameters.',
        ARGUMENTS,
        (args) => ARGUMENTS.map(({ names: [name] }) => args.any(name)).filter((one) => one !== undefined),
      ],
    }),
  };
}

const ARGUMENTS = Array.from({ length: 10 }, (_, i) => may(`arg${i}`, 'any'));

function listing(methods: RpcMethods): string {
  const categories = new Map<string, string[]>();
  for (const [name, method] of Object.entries(methods)) {
    const lines = categories.get(method.category) ?? [];
    categories.set(method.category, [...lines, usageOf(name, method)]);
  }
  return [...categories]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([category, lines]) => `== ${category} ==\n${lines.sort().join('\n')}\n`)
    .join('\n');
}
