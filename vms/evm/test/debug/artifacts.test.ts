import { hexToBytes } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { ArtifactStore, readArtifacts } from '../../src/index.ts';

const CODE = '6001600202005b';
const contract = (object: string, more: object = {}): object => ({
  abi: [{ type: 'function', name: 'f', inputs: [] }],
  evm: {
    bytecode: { object: `60aa${object}`, sourceMap: '0:1:0:-' },
    deployedBytecode: { object, sourceMap: '0:8:0:-', ...more },
  },
});
const build = (object: string, more?: object): string =>
  JSON.stringify({
    solcLongVersion: '0.8.0+commit',
    input: { sources: { 'A.sol': { content: 'contract A {}' } } },
    output: { sources: { 'A.sol': { id: 0 } }, contracts: { 'A.sol': { A: contract(object, more) } } },
  });

function storeOf(text: string): ArtifactStore {
  const store = new ArtifactStore();
  store.add(readArtifacts([{ name: 'build.json', text }]).artifacts);
  return store;
}

describe('artifacts', () => {
  it('are found by the code they were compiled to', () => {
    const store = storeOf(build(CODE));
    const found = store.find('0x01', hexToBytes(`0x${CODE}`), false, 'osaka');
    expect(found?.artifact).toMatchObject({ name: 'A', path: 'A.sol', compiler: '0.8.0+commit' });
    expect(found?.level?.placeAt(0)).toEqual({ file: 0, line: 1, endLine: 1 });
    expect(store.find('0x02', hexToBytes(`0x${CODE}00`), false, 'osaka')).toBeUndefined();
    expect(store.find('0x03', new Uint8Array(0), false, 'osaka')).toBeUndefined();
  });

  it('match creations by their beginning: arguments follow', () => {
    const found = storeOf(build(CODE)).find(
      '0x01',
      hexToBytes(`0x60aa${CODE}${'00'.repeat(32)}`),
      true,
      'osaka',
    );
    expect(found?.artifact.name).toBe('A');
  });

  it('leave room for immutables and libraries', () => {
    const immutable = storeOf(build(CODE, { immutableReferences: { 7: [{ start: 1, length: 1 }] } }));
    expect(immutable.find('0x01', hexToBytes('0x6099600202005b'), false, 'osaka')?.artifact.name).toBe('A');
    const linked = storeOf(build(`73__$${'ab'.repeat(17)}$__00`));
    expect(linked.find('0x01', hexToBytes(`0x73${'cd'.repeat(20)}00`), false, 'osaka')?.artifact.name).toBe(
      'A',
    );
  });

  it('with an ABI alone give names to selectors', () => {
    const { artifacts } = readArtifacts([
      {
        name: 'x.json',
        text: JSON.stringify({
          contractName: 'T',
          abi: [{ type: 'function', name: 'transfer', inputs: [{ type: 'address' }, { type: 'uint256' }] }],
        }),
      },
    ]);
    const store = new ArtifactStore();
    store.add(artifacts);
    expect(store.item('function', '0xa9059cbb')?.name).toBe('transfer');
    expect(store.item('event', '0xa9059cbb')).toBeUndefined();
  });

  it('take sources from files beside the output', () => {
    const output = JSON.stringify({
      sources: { 'src/A.sol': { id: 0 } },
      contracts: { 'src/A.sol': { A: contract(CODE) } },
    });
    const { artifacts, problems } = readArtifacts([
      { name: 'out.json', text: output },
      { name: 'A.sol', text: 'contract A {}' },
    ]);
    expect(problems).toEqual([]);
    expect(artifacts[0]?.sources.get(0)?.text).toBe('contract A {}');
  });

  it.each([
    '{',
    'null',
    '7',
    '[]',
    '{"contracts":7}',
    '{"contracts":{"a":{"b":7}}}',
    '{"abi":7}',
    '{"__proto__":{"abi":[]}}',
  ])('are not made of %s', (text) => {
    const { artifacts, problems } = readArtifacts([{ name: 'bad.json', text }]);
    for (const artifact of artifacts) expect(artifact.deployed).toBeUndefined();
    expect(artifacts.length + problems.length).toBeGreaterThan(0);
  });
});
