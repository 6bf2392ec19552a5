// A certified OpenID provider (panva/node-oidc-provider) for tests: people and clients come as JSON on the command line.
// `address` in the line it prints is where it listens; every sign-in page takes any of its people, without a password.
import http from 'node:http';
import Provider from 'oidc-provider';

const { people, redirect, after } = JSON.parse(process.argv[2]);

const server = http.createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'dealflow',
      client_secret: 'a secret between the two of us',
      redirect_uris: [redirect],
      post_logout_redirect_uris: [after],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'locale', 'groups'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  cookies: { keys: ['tests'] },
  findAccount: (ctx, id) =>
    people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
});

server.on('request', provider.callback());
process.stdout.write(JSON.stringify({ issuer }) + '\n');
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
