// SPDX-License-Identifier: MIT
// The gateway of a token: holds it, enters what arrives on the bridge, and pays what comes back.
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IBridge} from "../interfaces/IBridge.sol";
import {IGateway} from "../interfaces/IGateway.sol";
import {BlockHeader} from "../libraries/BlockHeader.sol";
import {Fee} from "../libraries/Fee.sol";
import {Requests} from "../libraries/Requests.sol";
import {ENTERED, assetOf} from "../types/Asset.sol";
import {BlockId} from "../types/BlockId.sol";

/// @title Gateway
/// @notice What each function does, and for whom, is said in `IGateway`.
/// @dev A clone for each token, which is behind the clone's code: cheaper than a word of storage, and as unchangeable.
contract Gateway is IGateway, ReentrancyGuardTransient {
    using BlockHeader for bytes;
    using SafeERC20 for IERC20;

    /// @dev A request that was proved, and is to be paid.
    /// @param earner whom the fee is owed to; zero if the block earned nothing
    struct Payment {
        BlockId block_;
        uint256 number;
        address to;
        uint256 amount;
        address earner;
    }

    /// @dev More than it takes to make the call of a payment.
    uint256 private constant CALL_GAS = 3_000;

    /// @inheritdoc IGateway
    IBridge public immutable bridge;

    /// @inheritdoc IGateway
    uint128 public supply;
    /// @dev One bit for each request of the final branch, by its number, 256 to a word.
    mapping(uint256 word => uint256 bits) private _claimed;
    /// @inheritdoc IGateway
    mapping(address account => uint256) public owed;

    constructor(IBridge bridge_) {
        bridge = bridge_;
    }

    /// @dev What the bridge gives back of the price of an entry.
    receive() external payable {
        if (msg.sender != address(bridge)) revert NotBridge(msg.sender);
    }

    // ------------------------------------------------------------------------------------------------ from Ethereum to TTX

    /// @inheritdoc IGateway
    function deposit(uint256 amount, address to) external payable nonReentrant {
        _deposit(IERC20(token()), amount, to);
    }

    /// @inheritdoc IGateway
    function depositWithPermit(uint256 amount, address to, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        payable
        nonReentrant
    {
        address token_ = token();
        // Anyone who sees the permit in the mempool may use it first. Then the allowance is there, and only that is asked for.
        LowLevelCall.callNoReturn(
            token_, abi.encodeCall(IERC20Permit.permit, (msg.sender, address(this), amount, deadline, v, r, s))
        );
        _deposit(IERC20(token_), amount, to);
    }

    // ------------------------------------------------------------------------------------------------ from TTX to Ethereum

    /// @inheritdoc IGateway
    function claim(bytes calldata sealedHeader, IBridge.Claim calldata request) external nonReentrant {
        if (isClaimed(request.number)) revert AlreadyClaimed(request.number);
        _pay(_prove(sealedHeader, sealedHeader.idOf(), request));
    }

    /// @inheritdoc IGateway
    function claimMany(bytes calldata sealedHeader, IBridge.Claim[] calldata requests, uint256 gasEach)
        external
        nonReentrant
    {
        BlockId block_ = sealedHeader.idOf();
        for (uint256 i = 0; i < requests.length; ++i) {
            IBridge.Claim calldata request = requests[i];
            if (isClaimed(request.number)) continue;
            Payment memory payment = _prove(sealedHeader, block_, request);
            // A call gets at most 63 of 64 parts of the gas that is left (EIP-150). Given less than `gasEach`, its failure would say nothing.
            if (Math.saturatingSub(gasleft(), CALL_GAS) / 64 * 63 < gasEach) revert TooLittleGas(gasleft(), gasEach);
            try this.pay{gas: gasEach}(payment) {}
            catch {
                emit PaymentFailed(request.number, request.to);
            }
        }
    }

    /// @notice A payment of `claimMany`, which calls it so that it can fail alone. Only the gateway itself may call it.
    function pay(Payment calldata payment) external {
        if (msg.sender != address(this)) revert NotGateway(msg.sender);
        _pay(payment);
    }

    /// @inheritdoc IGateway
    function withdraw(address account) external nonReentrant {
        uint256 amount = owed[account];
        if (amount == 0) revert NothingOwed(account);
        owed[account] = 0;
        emit Withdrawn(account, amount);
        _send(account, amount);
    }

    // ------------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IGateway
    function token() public view returns (address) {
        return address(bytes20(Clones.fetchCloneArgs(address(this))));
    }

    /// @inheritdoc IGateway
    function isClaimed(uint256 number) public view returns (bool) {
        return _claimed[number / 256] >> (number % 256) & 1 != 0;
    }

    // ---------------------------------------------------------------------------------------------------------- internal

    function _deposit(IERC20 token_, uint256 amount, address to) private {
        if (to == address(this) || to == address(token_)) revert BadRecipient(to);
        uint256 held = _balance(token_);
        if (!token_.trySafeTransferFrom(msg.sender, address(this), amount)) revert TransferFailed(msg.sender);
        // What came from elsewhere meanwhile is not the depositor's. The bridge refuses zero.
        uint256 arrived = Math.min(amount, Math.saturatingSub(_balance(token_), held));
        uint128 before = supply;
        uint256 most = type(uint128).max - before;
        if (arrived > most) revert AboveMaximum(arrived, most);
        // Safe: not above `most`.
        supply = before + uint128(arrived);
        emit Deposited(msg.sender, to, arrived);
        bridge.enter{value: msg.value}(arrived, to);
        // All coins that are here, since none are meant to be.
        uint256 excess = address(this).balance;
        if (excess != 0 && !LowLevelCall.callNoReturn(msg.sender, excess, "")) revert TransferFailed(msg.sender);
    }

    /// @dev Reverts, as the bridge does, unless the final block has this request of the asset (2, this gateway).
    function _prove(bytes calldata sealedHeader, BlockId block_, IBridge.Claim calldata request)
        private
        view
        returns (Payment memory)
    {
        bytes32 leaf =
            Requests.leafOf(request.step, assetOf(ENTERED, bytes20(address(this))), request.to, request.amount);
        (address miner, bool earns) = bridge.requestOf(sealedHeader, request.number, leaf, request.siblings);
        return Payment(block_, request.number, request.to, request.amount, earns ? miner : address(0));
    }

    /// @dev Pays what was proved and not paid before.
    function _pay(Payment memory payment) private {
        uint256 before = supply;
        uint256 amount = payment.amount;
        if (amount > before) revert SupplyExceeded(before, amount);
        // Safe: not above what fitted.
        supply = uint128(before - amount);
        _claimed[payment.number / 256] |= 1 << (payment.number % 256);
        uint256 fee = Fee.feeOf(amount);
        if (fee != 0 && payment.earner != address(0)) {
            owed[payment.earner] += fee;
            emit Owed(payment.earner, fee);
        }
        emit Claimed(payment.block_, payment.number, payment.to, amount - fee);
        _send(payment.to, amount - fee);
    }

    function _send(address to, uint256 amount) private {
        if (!IERC20(token()).trySafeTransfer(to, amount)) revert TransferFailed(to);
    }

    /// @dev What the token says is here.
    function _balance(IERC20 token_) private view returns (uint256) {
        (bool done, bytes32 answer,) =
            LowLevelCall.staticcallReturn64Bytes(address(token_), abi.encodeCall(IERC20.balanceOf, (address(this))));
        if (!done || LowLevelCall.returnDataSize() < 32) revert BadToken(address(token_));
        return uint256(answer);
    }
}
