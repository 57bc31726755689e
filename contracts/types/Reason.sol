// SPDX-License-Identifier: MIT
// Why a step is not valid: the answers of the rule machine, with the numbers that both chains use.
pragma solidity 0.8.37;

/// @notice The first rule that a step breaks, in the order in which the step function asks (docs/protocol.md, section 4).
enum Reason {
    None,
    Malformed,
    ZeroTokens,
    BadMemo,
    BadPrev,
    BadPayee,
    BelowMinimum,
    BadSignature,
    MissingInput,
    Overspend,
    OutputExists,
    Overflow,
    BadAsset,
    BadOffer
}
