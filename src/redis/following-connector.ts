import { type SentinelConnectionOptions, SentinelConnector } from 'ioredis';

interface FailoverDetector {
  /** It has told of a failover, or was let go of. */
  readonly isDisconnected: boolean;
}

/**
 * Asks Sentinels for the primary, and once more when it hears of a failover meanwhile. Whoever listens for failovers belongs to the connection
 * that broke: left alone, its news ends the one that is being made, and with it the client, for good.
 */
export class FollowingConnector extends SentinelConnector {
  #heard: FailoverDetector | null = null;
  #hasNews = false;

  constructor(options: unknown) {
    super(options as SentinelConnectionOptions);
  }

  override async connect(...told: Parameters<SentinelConnector['connect']>): ReturnType<SentinelConnector['connect']> {
    for (;;) {
      this.#hasNews = false;
      try {
        return await super.connect(...told);
      } catch (error) {
        if (!this.#hasNews) throw error;
      }
    }
  }

  /** Called by the client that is closed, and by who listens: that one says first that it has told. */
  override disconnect(): void {
    const { failoverDetector } = this as unknown as { readonly failoverDetector: FailoverDetector | null };
    this.#hasNews = failoverDetector?.isDisconnected === true && failoverDetector !== this.#heard;
    this.#heard = failoverDetector;
    super.disconnect();
  }
}
