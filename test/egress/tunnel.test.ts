/** Tunnels through the proxy: CONNECT and SOCKS, real servers behind it, everything on record. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type Socket } from 'node:net';
import { describe, expect, it, test } from 'vitest';
import { collect, Desk, until } from './desk.ts';
import { echo, named, socksRequest, tcp, vacant } from './servers.ts';

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a tunnel', () => {
  it('carries megabytes each way byte by byte as they were, and says how many', async () => {
    await using desk = await new Desk().open();
    const upload = randomBytes(12 << 20);
    const download = randomBytes(12 << 20);
    let received = '';
    const port = await tcp(async (socket) => {
      received = sha(await collect(socket));
      socket.end(download);
    });
    const { socket, answer } = await desk.tunnel(`web.example:${port}`);
    expect(answer.status).toBe(200);
    socket.end(upload);
    expect(sha(await collect(socket))).toBe(sha(download));
    expect(received).toBe(sha(upload));
    await until(() => desk.of('egress.closed').length === 1, 'the end on record');
    expect(desk.of('egress.closed')).toMatchObject([
      {
        target: `web.example:${port}`,
        address: '127.0.0.1',
        up: upload.length,
        down: download.length,
        outcome: 'closed',
      },
    ]);
  });

  it('is on record before anything goes out, and does not open where that fails', async () => {
    await using desk = new Desk();
    let connected = 0;
    const port = await tcp(() => (connected += 1));
    await desk.open({
      record: async (records) => {
        desk.records.push(...records);
        if (records[0]?.type === 'egress.opened') throw new Error('the writ has ended');
      },
    });
    const { answer } = await desk.tunnel(`web.example:${port}`);
    expect(answer.status).toBe(502);
    expect(answer.phrase).toContain('nothing goes out unrecorded');
    expect([connected, desk.asked]).toEqual([0, []]);
  });

  it('does not open where policy cannot be asked', async () => {
    await using desk = new Desk();
    await desk.open({ decide: () => Promise.reject(new Error('the authority is gone')) });
    expect((await desk.tunnel('web.example:443')).answer.status).toBe(502);
    expect([desk.records, desk.asked, desk.faults.length]).toEqual([[], [], 1]);
  });

  it('passes one end on and keeps the other open', async () => {
    await using desk = await new Desk().open();
    const port = await tcp((socket) => {
      socket.end('all that I say');
      void collect(socket).then((heard) => desk.asked.push(heard.toString()));
    });
    const { socket } = await desk.tunnel(`web.example:${port}`);
    expect((await collect(socket)).toString()).toBe('all that I say');
    socket.end('and I go on');
    await until(() => desk.asked.includes('and I go on'), 'the rest of the upload');
  });

  it('holds back a sender whose reader is slow', async () => {
    await using desk = await new Desk().open();
    let sent = 0;
    const chunk = randomBytes(1 << 20);
    const port = await tcp((socket) => {
      const push = (): void => {
        while (sent < 200 && socket.write(chunk)) sent += 1;
      };
      socket.on('drain', push);
      push();
    });
    const { socket } = await desk.tunnel(`web.example:${port}`);
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sent).toBeLessThan(30);
    socket.destroy();
  });

  it('tells the client when the server breaks off, and the log', async () => {
    await using desk = await new Desk().open();
    const port = await tcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const { socket } = await desk.tunnel(`web.example:${port}`);
    socket.write('x');
    await collect(socket);
    await until(() => desk.of('egress.closed').length === 1, 'the end on record');
    expect(desk.of('egress.closed')[0]).toMatchObject({ outcome: 'broken' });
  });

  it('ends when the server goes before the client has said anything', async () => {
    await using desk = await new Desk().open();
    const servers: Socket[] = [];
    const port = await tcp((socket) => servers.push(socket));
    const { socket } = await desk.tunnel(`web.example:${port}`);
    await until(() => servers.length === 1, 'the connection');
    servers[0]?.resetAndDestroy();
    await collect(socket);
    await until(() => desk.of('egress.closed').length === 1, 'the end on record');
    expect(desk.of('egress.closed')[0]).toMatchObject({ outcome: 'broken' });
  });

  it('that never asks for anything is closed as well', async () => {
    await using desk = await new Desk().open({ patience: { idle: 50 } });
    const socket = desk.client();
    socket.write('GET http://web.example/ HTTP/1.1\r\nHost: web');
    await collect(socket);
    expect(desk.records).toEqual([]);
  });

  it('ends when nothing is said for long', async () => {
    await using desk = await new Desk().open({ patience: { idle: 50 } });
    const port = await tcp(() => {});
    const { socket } = await desk.tunnel(`web.example:${port}`);
    await collect(socket);
    await until(() => desk.of('egress.closed').length === 1, 'the end on record');
    expect(desk.of('egress.closed')[0]).toMatchObject({ outcome: 'idle' });
  });

  it('ends at once with its session, and that is on record', async () => {
    await using desk = await new Desk().open();
    const port = await tcp(() => {});
    const tunnels = await Promise.all([1, 2, 3].map(() => desk.tunnel(`web.example:${port}`)));
    const ends = tunnels.map(({ socket }) => collect(socket));
    await desk.stop();
    await Promise.all(ends);
    expect(desk.of('egress.closed').map(({ outcome }) => outcome)).toEqual(['stopped', 'stopped', 'stopped']);
    await expect(desk.tunnel(`web.example:${port}`)).rejects.toThrow(/ECONNREFUSED|gone/);
  });

  it('ends when a new policy no longer allows it', async () => {
    await using desk = await new Desk().open();
    const port = await echo();
    const { socket } = await desk.tunnel(`web.example:${port}`);
    socket.write('still allowed');
    await once(socket, 'data');
    desk.policyVersion = '2';
    desk.rule = () => ({ decision: 'deny' });
    await collect(socket);
    await until(() => desk.of('egress.closed').length === 1, 'the end on record');
    expect(desk.of('egress.closed')[0]).toMatchObject({ outcome: 'withdrawn' });
  });

  it('says when nobody listens there', async () => {
    await using desk = await new Desk().open();
    const { answer } = await desk.tunnel(`web.example:${await vacant()}`);
    expect(answer.status).toBe(502);
    expect(answer.phrase).toContain('nothing listens there');
    expect(desk.of('egress.closed')[0]).toMatchObject({ outcome: 'unreachable', address: '127.0.0.1' });
  });

  it('takes what a client says without waiting for the answer', async () => {
    await using desk = await new Desk().open();
    const port = await echo();
    const socket = desk.client();
    socket.end(`CONNECT web.example:${port} HTTP/1.1\r\nHost: web.example\r\n\r\nat once`);
    expect((await collect(socket)).toString()).toMatch(/^HTTP\/1\.1 200 [^\r]+\r\n\r\nat once$/);
  });
});

describe('SOCKS', () => {
  test.each<[string, number[]]>([
    ['a name', named('web.example')],
    ['an IPv4 address', [1, 127, 0, 0, 1]],
  ])('with %s', async (_title, address) => {
    await using desk = await new Desk().open();
    const port = await echo();
    const socket = desk.client();
    socket.end(Buffer.concat([socksRequest(address, port), Buffer.from('hello')]));
    expect((await collect(socket)).toString('latin1')).toBe('\x05\0\x05\0\0\x01\0\0\0\0\0\0hello');
    expect(desk.of('egress.opened')).toMatchObject([{ protocol: 'socks5', port }]);
  });

  test.each<[string, Buffer, string]>([
    ['BIND', socksRequest(named('web.example'), 80, 2), '05000507'],
    ['UDP', socksRequest(named('web.example'), 80, 3), '05000507'],
    ['an unknown kind of address', socksRequest([9, 1, 2, 3, 4], 80), '05000508'],
    ['a client that insists on a password', Buffer.of(5, 1, 2), '05ff'],
    ['a name with a NUL', socksRequest(named('evil.example\0.good.example'), 80), '05000501'],
    ['an empty name', socksRequest(named(''), 80), '05000501'],
    ['a name in UTF-8', socksRequest(named(Buffer.from('bücher.example')), 80), '05000501'],
    ['port 0', socksRequest(named('web.example'), 0), '05000501'],
    ['a host that policy refuses', socksRequest(named('denied.example'), 80), '05000502'],
    ['a host at a private address', socksRequest(named('lan.example'), 80), '05000502'],
    [
      'IPv4 in IPv6',
      socksRequest([4, ...Buffer.from('00000000000000000000ffff7f000001', 'hex')], 80),
      '05000502',
    ],
  ])('%s is refused', async (_title, bytes, begins) => {
    await using desk = await new Desk().open();
    desk.names.set('lan.example', ['10.0.0.1']);
    desk.rule = ({ endpoint }) => (endpoint.host === 'denied.example' ? { decision: 'deny' } : {});
    expect((await desk.say(bytes)).toString('hex')).toMatch(new RegExp(`^${begins}`));
    expect(desk.of('egress.closed').every(({ down }) => down === 0)).toBe(true);
  });
});
