/** A change set as CloudFormation tells of it. */
export interface ChangeSet {
  readonly id: string;
  readonly status: string;
  readonly executionStatus: string;
  readonly reason: string;
  readonly changes: readonly ResourceChange[];
}

/** What a change set does to one resource. */
export interface ResourceChange {
  readonly action: string;
  readonly logicalId: string;
  readonly type: string;
  /** "True", "False", "Conditional"; null for what is added or removed. */
  readonly replacement: string | null;
}

/** A stack as CloudFormation tells of it. */
export interface StackState {
  readonly id: string;
  /** "CREATE_COMPLETE", "UPDATE_IN_PROGRESS", … */
  readonly status: string;
  readonly reason: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Something that happened to a resource of a stack. */
export interface StackEvent {
  readonly id: string;
  readonly logicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  /** The token of the request that caused it. */
  readonly token: string;
}

/** What a change set is made of. */
export interface ChangeSetRequest {
  readonly stackName: string;
  readonly changeSetName: string;
  readonly kind: "CREATE" | "UPDATE";
  readonly body: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly needsIam: boolean;
  readonly token: string;
  /** A role that CloudFormation takes; null: the caller's own rights. */
  readonly roleArn: string | null;
}

/**
 * CloudFormation, as much of it as a deployment needs.
 * Every function throws {@link QwqError} `unauthorized`, `forbidden`, `rate_limited`, `network`, `upstream_error`.
 */
export interface StackService {
  /** Null where there is none. */
  readonly describeStack: (nameOrId: string) => Promise<StackState | null>;
  /** Its id. Made again with the same name it is `null`: it is there already. */
  readonly createChangeSet: (request: ChangeSetRequest) => Promise<string | null>;
  /** All changes, whatever number of pages they take; null where there is none of the name. */
  readonly describeChangeSet: (stackName: string, changeSet: string) => Promise<ChangeSet | null>;
  readonly deleteChangeSet: (stackName: string, changeSet: string) => Promise<void>;
  readonly executeChangeSet: (stackName: string, changeSet: string, token: string) => Promise<void>;
  /** Events caused by a token, oldest first. */
  readonly events: (nameOrId: string, token: string) => Promise<readonly StackEvent[]>;
  readonly deleteStack: (stackName: string, token: string, roleArn: string | null) => Promise<void>;
}
