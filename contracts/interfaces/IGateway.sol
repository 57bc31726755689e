// SPDX-License-Identifier: MIT
// What a gateway can be asked and can answer: the way of one ERC-20 token to TorrentTX and back.
pragma solidity 0.8.37;

import {BlockId} from "../types/BlockId.sol";
import {IBridge} from "./IBridge.sol";

/// @title The gateway of a token
/// @notice Holds one ERC-20 token, and enters what arrives as the asset (2, the gateway) on the bridge (docs/protocol.md, sections 1.1, 5.1 and 6.1).
/// Anybody may call anything: there is no owner, no pause and no upgrade, and the bridge never calls a gateway but to give coins back.
/// All amounts are in the token's own units.
/// @dev The token is trusted with nothing but its own units (docs/gateways.md says what tokens do, and who bears it): every function has one
/// lock, so that nothing that a token or a recipient does in a call comes back into it; what a token returns is never copied; and what leaves
/// is bounded twice, by what was entered and by what is here. Errors and events have the names, and where they mean the same the members, of
/// those of `IBridge`, whose own reach the caller as they are.
interface IGateway {
    // ----------------------------------------------------------------------------------------------------------- events

    /// @notice `amount` of `from` arrived, and was entered for `to` on the TTX side. The `Entered` of the bridge that follows has its number.
    event Deposited(address indexed from, address indexed to, uint256 amount);

    /// @notice Request `number` was paid: `amount` left for `to`.
    event Claimed(BlockId indexed block_, uint256 indexed number, address indexed to, uint256 amount);

    /// @notice Request `number` could not be paid in a batch, and can be claimed as before.
    event PaymentFailed(uint256 indexed number, address indexed to);

    /// @notice `amount` more is owed to `account`, the miner of a block, for a request. What is owed to an account is the sum of these less the
    /// sum of `Withdrawn`.
    event Owed(address indexed account, uint256 amount);

    /// @notice `amount` left for its owner, who is owed nothing now.
    event Withdrawn(address indexed account, uint256 amount);

    // ----------------------------------------------------------------------------------------------------------- errors

    /// @notice Only the bridge sends coins here, and only what it gives back.
    error NotBridge(address caller);
    /// @notice Only the gateway itself may call this.
    error NotGateway(address caller);
    /// @notice The token does not say what the gateway has.
    error BadToken(address token);
    /// @notice Nobody could spend what is sent there.
    error BadRecipient(address to);
    /// @notice No more than `most` can be entered now: of no asset is there more than 2^128 - 1.
    error AboveMaximum(uint256 amount, uint256 most);
    /// @notice The token did not move from or to the account, or the account did not take the coins that come back.
    error TransferFailed(address account);
    /// @notice The request was paid before.
    error AlreadyClaimed(uint256 number);
    /// @notice The request is for more than there is on the TTX side: a wrong block became final.
    error SupplyExceeded(uint256 supply, uint256 requested);
    /// @notice Nothing is owed to the account.
    error NothingOwed(address account);
    /// @notice There are only `gas_` left, of which a payment cannot get `gasEach`.
    error TooLittleGas(uint256 gas_, uint256 gasEach);

    // ------------------------------------------------------------------------------------------------ from Ethereum to TTX

    /// @notice Takes `amount` of the caller, who has allowed it to the gateway, and enters what arrived, but never more than `amount`, for `to` on
    /// the TTX side, which is credited all of it; if that is nothing, the bridge refuses it (`BelowMinimum`). It costs what `IBridge.enter` costs, in the chain's coin; what is sent above that comes back as
    /// the last act of the call. A contract that takes no coins sends exactly that.
    /// @dev Refused are tokens that answer false, or have no code; those that answer nothing are taken at their word, as is usual
    /// (OpenZeppelin's SafeERC20). If the token takes a fee, that is the depositor's.
    function deposit(uint256 amount, address to) external payable;

    /// @notice The same with a permit (EIP-2612) of exactly `amount`, in one transaction. A permit that somebody else has used already, or that the
    /// token does not know of, does no harm.
    function depositWithPermit(uint256 amount, address to, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        payable;

    // ------------------------------------------------------------------------------------------------ from TTX to Ethereum

    /// @notice Pays a request of this asset of a final block: to its recipient all but a hundredth, rounded down, which is owed to the block's miner
    /// if the block earned, and stays here forever if not. Anybody may call it.
    /// @param sealedHeader of the final block, 417 bytes
    function claim(bytes calldata sealedHeader, IBridge.Claim calldata request) external;

    /// @notice Pays several requests of one block. Those paid before are passed over, and those whose payment fails too, so that nobody can
    /// spoil a batch; a proof that proves nothing spoils it.
    /// @param gasEach gas that a payment may take, and that the call must have for each: what one recipient burns, others do not lack
    function claimMany(bytes calldata sealedHeader, IBridge.Claim[] calldata requests, uint256 gasEach) external;

    /// @notice Sends to `account` all that it is owed. Anybody may call it.
    function withdraw(address account) external;

    // ------------------------------------------------------------------------------------------------------------- views

    /// @notice The bridge, forever.
    function bridge() external view returns (IBridge);

    /// @notice What the gateway holds, forever.
    function token() external view returns (address);

    /// @notice What there is of the asset: entered, and not claimed. At most 2^128 - 1.
    function supply() external view returns (uint128);

    /// @notice What `account` can withdraw.
    function owed(address account) external view returns (uint256);

    /// @notice Whether request `number` of the final branch was paid here.
    function isClaimed(uint256 number) external view returns (bool);
}
