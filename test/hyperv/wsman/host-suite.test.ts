import { describeHyperVHost } from '../suite/hyperv-host-suite.ts';
import { hostAt } from './hosts.ts';

describeHyperVHost('WS-Management', ({ name, url, username, password }) =>
  hostAt(url, { name, credentials: async () => ({ username, password }) }),
);
