// SPDX-License-Identifier: MIT
// The reader: what a publication says, as the header of its block, and what a state holds.
pragma solidity 0.8.37;

import {IBridge} from "./interfaces/IBridge.sol";
import {IReader} from "./interfaces/IReader.sol";
import {Blob} from "./libraries/Blob.sol";
import {BlobContent} from "./libraries/BlobContent.sol";
import {BlockHeader} from "./libraries/BlockHeader.sol";
import {Content} from "./libraries/Content.sol";
import {Target} from "./libraries/Target.sol";
import {Cursor, Tree} from "./libraries/Tree.sol";
import {assetOf} from "./types/Asset.sol";
import {BlobHead} from "./types/BlobHead.sol";
import {Draft} from "./types/Draft.sol";

/// @title The reader
/// @notice What it is asked is said in `IReader`.
/// @dev Apart from the bridge for its size alone. What it refuses, and a lack of gas, reverts the call of the bridge, which asks without `try`.
contract Reader is IReader {
    using BlockHeader for bytes;

    /// @inheritdoc IReader
    function seal(
        Draft calldata draft,
        bytes calldata parent,
        bytes calldata steps,
        bytes calldata states
    ) external pure returns (bytes memory) {
        BlockHeader.Fields memory fields = _childOf(draft, parent);
        Content.read(fields, steps, states);
        return BlockHeader.seal(fields, draft.miner, draft.nonce);
    }

    /// @inheritdoc IReader
    function sealBlobs(
        Draft calldata draft,
        bytes calldata parent,
        BlobHead calldata head,
        bytes32[] calldata hashes
    ) external view returns (bytes memory) {
        Blob.checkOpener(address(0x0a));
        BlockHeader.Fields memory fields = _childOf(draft, parent);
        BlobContent.read(fields, head, hashes);
        return BlockHeader.seal(fields, draft.miner, draft.nonce);
    }

    /// @inheritdoc IReader
    function balanceIn(bytes32 state, address account, uint8 kind, bytes20 asset, bytes calldata opening)
        external
        pure
        returns (uint256 balance)
    {
        Cursor memory cursor = Tree.start(state, opening);
        balance = Tree.open(cursor, Tree.accountKey(account, assetOf(kind, asset)));
        Tree.finish(cursor);
    }

    /// @dev What a child of `parent` says before it has any steps.
    function _childOf(
        Draft calldata draft,
        bytes calldata parent
    ) private pure returns (BlockHeader.Fields memory fields) {
        parent.checkLength();
        (uint256 floor, uint256 ceiling) = Target.boundsOf(parent.targetOf(), draft.elapsed, draft.easiestTarget);
        uint256 target = draft.target;
        if (target < floor || target > ceiling) revert IBridge.TargetOutOfRange(target, floor, ceiling);
        fields.chain = parent.chainOf();
        fields.bridge = parent.bridgeOf();
        fields.parent = draft.parent;
        fields.height = parent.heightOf() + 1;
        fields.target = target;
        fields.state = parent.stateOf();
        fields.supply = parent.supplyOf();
        fields.firstRequest = parent.firstRequestOf() + parent.requestCountOf();
        parent.readLanes(fields.lanes);
    }
}
