// SPDX-License-Identifier: MIT
// What a take says: the offer that it takes, and what its taker signed.
pragma solidity 0.8.37;

import {Flow} from "./Flow.sol";

/// @notice A signature, and the time that was signed along.
struct Signed {
    uint256 time;
    bytes32 r;
    bytes32 s;
    uint256 v;
}

/// @notice docs/protocol.md, sections 2.8 and 2.9. Of the flows, `from` and `to` follow from the signatures, and are zero at first.
/// @param give from the maker to the taker
/// @param want from the taker to the maker
/// @param givesAsset whether it says an asset, of whatever kind, and so with `wantsAsset`
/// @param isNamed whether only `taker` may take it
/// @param offer what the maker signed
/// @param take what the taker signed
/// @param offerHash keccak of the packed offer
struct Swap {
    Flow give;
    Flow want;
    bool givesAsset;
    bool wantsAsset;
    bool isNamed;
    address taker;
    Signed offer;
    Signed take;
    bytes32 offerHash;
}
