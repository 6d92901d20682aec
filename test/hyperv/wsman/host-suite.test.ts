import { describeHyperVHost } from '../suite/hyperv-host-suite.ts';
import { basic, hostAt } from './hosts.ts';

describeHyperVHost('WS-Management', ({ name, url, username, password }) => hostAt(url, { name, logOn: basic(username, password) }));
