//! The words offices write above their columns, and what they mean.

use crate::cell::{is_blank, narrow};
use crate::value::currency;

/// What a header says, before the kind of the sheet is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Concept {
    Title,
    Number,
    Application,
    Inventors,
    Lead,
    Others,
    Shares,
    College,
    Filed,
    Granted,
    RightKind,
    ContractNo,
    Mode,
    Firm,
    Uscc,
    ContractAmount,
    Signed,
    Pricing,
    ReceiptDate,
    ReceiptAmount,
    Payer,
    Voucher,
    Net,
    TeamShare,
    Team,
    CollegePart,
    University,
    OtherPart,
    Persons,
    PersonName,
    PersonAmount,
    AnyDate,
    AnyAmount,
    AnyNumber,
    AnyName,
    AnyShare,
    AnyUnit,
    Currency,
    OriginalAmount,
    Rate,
    RateSource,
}

/// A header means `concept` when it holds one of `any`, one of `with` (if
/// there are any) and none of `not`.
struct Rule {
    concept: Concept,
    score: u32,
    any: &'static [&'static str],
    with: &'static [&'static str],
    not: &'static [&'static str],
}

/// Words that make a header a day; 申请日 needs no more than 日.
const DAY: &[&str] = &["日期", "时间", "日", "年月", "date", "time"];
const SUM: &[&str] = &[
    "金额", "额", "元", "款", "数", "经费", "收入", "费", "资金", "amount",
];
const PART: &[&str] = &[
    "金额", "额", "元", "所得", "分配", "收益", "部分", "应得", "酬金", "奖励", "奖酬", "留存",
    "留成", "提留", "分成", "收入", "经费", "amount",
];
const RATIO: &[&str] = &["比例", "占比", "百分比", "比率", "%", "share", "ratio"];
const IN: &[&str] = &[
    "到账", "到帐", "到款", "收款", "入账", "入帐", "进账", "进帐", "来款", "回款", "缴款", "交款",
    "上账", "上帐", "拨款", "到位", "汇入", "转入", "贷方", "汇款", "付款", "打款", "实收", "实到",
    "收到", "转账", "转帐", "记账", "支付", "缴费", "收讫", "received", "receipt", "paid",
    "payment",
];

macro_rules! rule {
    ($concept:ident $score:literal any $any:expr, with $with:expr, not $not:expr) => {
        Rule {
            concept: Concept::$concept,
            score: $score,
            any: $any,
            with: $with,
            not: $not,
        }
    };
}

/// Whole headers that mean one thing.
#[rustfmt::skip]
const WHOLE: &[(Concept, u32, &[&str])] = &[
    (Concept::Title, 100, &[
        "成果名称", "专利名称", "发明名称", "知识产权名称", "名称", "题名", "成果题目", "标题", "成果", "技术名称", "项目名称", "发明创造名称", "专利题目", "科技成果名称",
        "成果(专利)名称", "专利技术名称", "title", "科技成果", "发明题目", "专利成果名称", "职务科技成果名称",
    ]),
    (Concept::Inventors, 100, &["完成人", "发明人", "设计人", "发明人员", "完成人员", "主要完成人", "全部完成人", "全体发明人", "inventors", "inventor", "作者", "完成人名单", "发明人名单", "研发人员", "课题组", "团队成员", "成果完成人", "专利发明人", "完成团队", "发明团队", "研发团队", "科研团队", "项目组", "团队", "课题组名单", "团队名单", "人员名单", "参加人员", "主要参加人员", "项目组成员", "贡献人", "研究人员", "成果团队"]),
    (Concept::Shares, 95, &["比例", "占比", "贡献率", "贡献度", "贡献比", "贡献比例", "份额", "权益比例", "贡献占比", "贡献百分比", "贡献系数", "贡献"]),
    (Concept::AnyShare, 60, &["比例", "占比", "份额", "分配比例", "分成比例"]),
    (Concept::College, 100, &["学院", "院系", "部门", "所属学院", "所在学院", "所属单位", "完成单位", "二级单位", "单位", "系部", "院部", "归属单位", "归属学院", "学院(部门)", "院(系)", "院所", "所在部门", "所属部门", "申报单位", "college", "department", "学部", "依托单位", "教学单位", "承担单位", "责任单位", "来源单位", "学院名称", "所属院系", "所在院系", "院系名称", "部门名称", "所属部处", "归口学院", "第一完成单位", "完成学院", "研究所", "所属院所", "机构", "系"]),
    (Concept::Number, 90, &["专利", "知识产权", "标的", "标的物", "成果编号", "权利号", "证书号", "证书编号", "登记号", "专利权号", "文献号"]),
    (Concept::ContractNo, 90, &["合同", "协议", "合同(协议)", "合同(协议)号", "合同序列号", "项目编号", "转化项目编号", "contractno", "contractno."]),
    (Concept::Firm, 90, &["企业", "公司", "客户", "甲方", "乙方", "对方", "客户名称", "交易对象", "技术受让方", "转化对象", "受让对象", "许可对象", "客户单位", "受让方", "受让人", "买方", "单位名称", "合作方", "丙方"]),
    (Concept::Mode, 90, &["方式", "合同类型", "合同类别", "转化方式", "类别", "实施方式"]),
    (Concept::ContractAmount, 95, &["价款", "总价", "总金额", "合同额", "标的额", "成交价", "成交额", "转让费", "许可费", "转让价", "转让价款", "许可使用费", "合同金额", "价格", "总额", "总价款", "对价"]),
    (Concept::ReceiptAmount, 95, &["到账", "到帐", "到款", "实收", "到账额", "到款额", "进账", "收款", "入账", "来款", "回款", "本次到账", "本期到账"]),
    (Concept::ReceiptAmount, 80, &["金额", "本次金额", "贷方金额", "贷方", "收入", "收入金额"]),
    (Concept::AnyDate, 90, &["日期", "时间", "年月日", "date", "日", "交易日期", "交易时间", "发生日期", "业务日期"]),
    (Concept::AnyAmount, 90, &["金额", "数额", "款项", "额度", "amount", "款额", "经费"]),
    (Concept::AnyNumber, 80, &["编号", "号码", "编码", "号"]),
    (Concept::AnyName, 80, &["名称", "name"]),
    (Concept::PersonName, 90, &["姓名", "人员", "人员姓名", "分配对象", "领取人", "受益人", "收款人", "获奖人", "成员姓名", "分配人员", "个人", "成员", "发明人", "完成人", "奖励对象", "受奖励人", "领款人"]),
    (Concept::PersonAmount, 85, &["个人金额", "个人分配金额", "个人所得", "实发金额", "奖励金额", "分配金额", "本人金额", "个人收益", "应发金额", "发放金额", "领取金额", "金额"]),
    (Concept::Team, 80, &["团队", "课题组", "完成人团队", "科研团队", "研发团队", "成果团队", "发明人", "完成人", "成果完成人", "成果完成团队", "项目组", "研发团队", "奖励完成人"]),
    (Concept::CollegePart, 80, &["学院", "院系", "二级单位", "所在学院", "院部", "部门", "院级"]),
    (Concept::University, 80, &["学校", "校方", "校级", "大学", "本校", "校本部"]),
    (Concept::OtherPart, 80, &["技术转移中心", "转化中心", "科技处", "科研处", "技术经纪人", "经纪人", "转移中心", "成果转化中心", "其他", "其他方", "中介", "基金", "转化基金", "科研院", "成果转化办公室", "转移机构", "服务机构"]),
    (Concept::Net, 70, &["净额", "净收入", "净收益", "收益", "收入", "总额", "合计", "分配总额", "总金额", "净所得", "拟分配金额", "待分配金额", "应分配金额", "分配金额", "可分金额", "收益额", "净收益额", "分配总数"]),
    (Concept::Uscc, 90, &["代码", "税号", "信用代码", "uscc"]),
    (Concept::AnyUnit, 90, &["单位", "金额单位", "货币单位", "计价单位", "计量单位"]),
    (Concept::Currency, 100, &["币种", "币别", "货币", "货币种类", "结算货币", "计价币种", "原币种", "currency"]),
    (Concept::OriginalAmount, 100, &["原币", "外币", "原币金额", "外币金额"]),
    (Concept::Voucher, 90, &["凭证", "票据号", "流水号", "凭单号"]),
    (Concept::RightKind, 90, &["类型", "成果类型", "专利类型", "知识产权类型", "成果类别", "专利类别", "知识产权类别", "类别", "种类", "法律类型"]),
];

const RULES: &[Rule] = &[
    rule!(Uscc 100 any &["信用代码", "统一社会", "uscc", "机构代码", "纳税人识别", "税号", "统一代码"], with &[], not &[]),
    rule!(Title 85 any &["成果名称", "专利名称", "发明名称", "知识产权名称", "技术名称", "成果题目", "项目名称", "题名", "作品名称", "成果标题", "专利标题", "技术标题", "title"], with &[], not &["合同", "单位", "公司"]),
    rule!(Title 70 any &["名称", "题目", "标题"], with &["成果", "专利", "发明", "技术", "知识产权", "项目", "权利"], not &["单位", "公司", "企业", "学院", "受让", "合同", "协议", "甲方", "乙方"]),
    rule!(Number 95 any &["专利号", "公开号", "公告号", "公布号", "知识产权编号", "知识产权号", "产权号", "产权编号", "专利编号", "专利公开", "授权号", "文献号", "公开(公告)号", "公开公告号", "专利号码", "patentno", "patentnumber", "publicationno", "publicationnumber", "专利证号", "专利权号", "权利编号"], with &[], not &["申请号", "日期", "时间", "公开日", "公告日", "类型", "名称"]),
    rule!(Number 80 any &["专利", "知识产权", "成果", "权利", "标的", "公开", "公告", "授权"], with &["编号", "号", "代码"], not &["日期", "时间", "电话", "日", "合同编号", "合同号", "协议号", "申请号", "项目编号", "名称", "优先权"]),
    rule!(Number 70 any &["涉及", "关联", "对应", "标的", "许可", "转让", "所涉", "包含", "相关", "转化"], with &["专利", "知识产权", "成果"], not &["名称", "金额", "方式", "日", "时间", "类型", "数量", "件数", "费", "价", "完成人", "合同", "收"]),
    rule!(Application 90 any &["申请号", "applicationno", "申请编号", "受理号", "applicationnumber"], with &[], not &["日期", "时间"]),
    rule!(Inventors 90 any &["发明人", "设计人", "完成人", "主创", "研发人", "研究人员", "贡献人", "完成者", "创作人", "inventor", "研制人", "发明(设计)", "完成团队", "发明团队", "参与人员", "成员名单", "团队成员", "课题组成员", "项目组成员"], with &[], not &["比例", "占比", "金额", "奖励", "电话", "单位", "学院", "身份证", "人数", "部门", "职称", "工号", "第一", "其他", "其余", "其它", "份额", "贡献度", "贡献率", "额", "号码", "邮箱", "所在", "元", "明细", "分配"]),
    rule!(Inventors 92 any &["完成人及", "发明人及", "设计人及", "成员及", "人员及", "完成人和", "发明人和", "完成人与", "发明人与", "完成人/", "发明人/", "姓名及", "完成人姓名", "发明人姓名", "完成人名"], with &[], not &["金额", "单位", "电话", "联系", "所得", "元"]),
    rule!(Lead 90 any &["负责人", "第一完成人", "第一发明人", "主持人", "牵头人", "第一作者", "第一设计人", "首席", "排名第一"], with &[], not &["电话", "单位", "学院", "工号", "部门", "比例", "占比", "金额", "邮箱", "职称", "联系"]),
    rule!(Others 95 any &["其他", "其余", "其它", "合作", "参与"], with &["完成人", "发明人", "成员", "人员", "设计人", "参与人"], not &["比例", "占比", "金额", "单位"]),
    rule!(Others 70 any &["成员", "参加人", "参与人"], with &[], not &["比例", "占比", "金额", "单位", "人数", "元", "分配", "明细"]),
    rule!(Shares 95 any &["贡献", "完成人", "发明人", "个人", "成员", "权益", "奖励", "排名", "收益"], with &["比例", "占比", "份额", "权重", "百分比", "贡献率", "贡献度", "贡献系数", "%", "分配比", "之比"], not &["团队", "学院", "学校", "到账", "付款", "金额", "入股", "持股", "股权", "净"]),
    rule!(Shares 80 any &["贡献率", "贡献度", "贡献比", "贡献大小", "分成比", "贡献系数", "贡献排序", "share"], with &[], not &["团队", "学院", "学校", "完成人("]),
    rule!(College 85 any &["学院", "院系", "部门", "所在单位", "所属单位", "完成单位", "二级单位", "系所", "院部", "学部", "归属单位", "依托单位", "归口单位", "院(系", "college", "department", "faculty", "school"], with &[], not &["金额", "分配", "比例", "受让", "付款", "填报", "合作", "元", "电话", "占比", "留", "意见", "负责人", "审核", "收益", "所得", "编号", "代码", "额"]),
    rule!(Filed 95 any &["申请", "递交", "提交", "申报", "受理", "提出", "filing", "filed", "application"], with DAY, not &["公开", "公告", "授权", "付款", "转化", "退", "撤", "审批", "号码", "公布"]),
    rule!(Granted 95 any &["授权", "授予", "颁证", "发证", "获权", "获批", "公告日", "公告时间", "证书日", "grant", "授证", "登记公告", "下证", "领证"], with DAY, not &["申请", "公开(公告)", "公开公告", "到期", "届满", "委托", "公示", "许可"]),
    rule!(RightKind 85 any &["类型", "类别", "种类"], with &["成果", "专利", "知识产权", "权利"], not &["合同", "转化"]),
    rule!(ContractNo 95 any &["合同编号", "合同号", "协议号", "协议编号", "合同编码", "合同代码", "合约号", "合约编号", "协议书编号", "协议书号", "合同书编号", "合同书号", "contractno", "contractnumber", "contractid", "合同(协议)编号", "合同(协议)号", "合同/协议"], with &[], not &["名称", "金额", "日期", "时间", "登记"]),
    rule!(ContractNo 75 any &["合同", "协议", "合约", "转化项目", "契约"], with &["编号", "号", "代码", "编码"], not &["名称", "金额", "日期", "时间", "登记", "专利", "型号", "电话", "账号", "发票"]),
    rule!(ContractNo 60 any &["关联合同", "对应合同", "所属合同", "依据合同", "来源合同", "转化合同", "所属协议", "转化编号", "登记编号", "合同登记"], with &[], not &["技术合同", "认定", "名称", "金额", "日期", "时间", "类型", "额"]),
    rule!(Mode 90 any &["转化方式", "转让方式", "许可方式", "合同类型", "转化类型", "交易方式", "转化形式", "合同类别", "许可类型", "处置方式", "实施方式", "合同性质", "转化途径", "交易类型", "合作方式", "许可性质", "转化模式", "转让形式", "许可形式"], with &[], not &["定价", "付款"]),
    rule!(Pricing 95 any &["定价", "价格确定", "作价方式", "价格形成", "议价", "计价方式", "竞价", "价格方式", "pricing"], with &[], not &["依据文件", "日期"]),
    rule!(Firm 95 any &["受让方", "受让人", "被许可方", "被许可人", "受许可", "受让单位", "受让企业", "承接单位", "承接企业", "承接方", "引进方", "被投资", "实施企业", "实施单位", "实施方", "委托方", "委托单位", "委托企业", "购买方", "买受", "交易对方", "转化企业", "合同对方", "签约单位", "签约方", "对方单位", "对方名称", "合作企业", "合作单位", "合作公司", "合作方", "企业名称", "公司名称", "需方", "用户单位", "技术需求方", "需求方", "需求单位", "需求企业", "相对方", "接受方", "接收方", "承让", "转化对象", "投资企业", "受方", "licensee", "assignee", "company"], with &[], not &["代码", "方式", "联系", "电话", "性质", "地址", "类型", "所在", "规模", "法人", "代表", "税号", "开户", "账号", "区域", "行业", "签字", "付款"]),
    rule!(Firm 70 any &["甲方", "乙方", "丙方", "企业", "公司"], with &[], not &["代码", "方式", "联系", "电话", "性质", "地址", "类型", "所在", "规模", "法人", "代表", "税号", "开户", "账号", "区域", "行业", "付款", "汇款", "日", "时间"]),
    rule!(ContractAmount 95 any &["合同", "协议", "成交", "转让", "许可", "交易", "转化", "总", "作价", "约定", "签约", "入股"], with &["金额", "价款", "价格", "总额", "额", "标的额", "总价", "费用", "价值", "amount", "许可费", "转让费", "使用费", "价(", "价/"], not &["到账", "到帐", "到款", "分配", "净", "累计", "比例", "首付", "未", "日期", "时间", "收款", "已收", "入账", "定价方式", "成本", "团队", "学院", "学校", "实收", "来款", "付款", "回款"]),
    rule!(ContractAmount 100 any &["人民币金额", "人民币数额", "折合人民币", "折人民币", "折算人民币", "本位币金额", "本币金额"], with &[], not &["到账", "到款", "汇率"]),
    rule!(ReceiptAmount 100 any &["人民币金额", "人民币数额", "折合人民币", "折人民币", "折算人民币", "本位币金额", "本币金额"], with &[], not &["合同", "汇率"]),
    rule!(OriginalAmount 95 any &["原币", "外币", "外汇"], with SUM, not &["汇率", "人民币", "折"]),
    rule!(Rate 95 any &["汇率", "折算率", "折算价", "exchangerate"], with &[], not &["来源", "依据", "日期", "出处", "说明"]),
    rule!(RateSource 100 any &["汇率来源", "汇率依据", "汇率出处", "汇率说明", "折算依据"], with &[], not &[]),
    rule!(Signed 95 any &["签订", "签约", "签署", "签定", "订立", "签字", "签合同", "合同签", "签章", "signed", "signing"], with DAY, not &["到期", "终止", "截止", "备案"]),
    rule!(Signed 75 any &["合同", "协议", "成交"], with &["日期", "时间", "签订日", "成交日"], not &["到期", "终止", "截止", "结束", "有效期", "备案", "登记", "公示", "开始", "履行", "到账", "付款"]),
    rule!(Signed 50 any &["生效"], with DAY, not &["失效"]),
    rule!(Payer 95 any &["付款单位", "付款方", "付款人", "来款单位", "汇款单位", "汇款人", "汇款方", "缴款单位", "缴款人", "交款单位", "交款人", "打款单位", "打款方", "拨款单位", "付款企业", "付款公司", "支付单位", "支付方", "来款方", "来款人", "对方户名", "付款户名", "对方账户名", "payer", "款项来源", "资金来源单位", "回款单位", "来款户名", "汇款户名", "转账单位"], with &[], not &["日期", "时间", "账号", "方式"]),
    rule!(ReceiptDate 95 any IN, with DAY, not &["金额", "截止", "约定", "应付", "应收", "计划"]),
    rule!(ReceiptAmount 95 any IN, with SUM, not &["日期", "时间", "单位", "方式", "比例", "期次", "人", "凭证", "号", "未到", "应收", "累计", "付款方", "合计到", "收款方", "条件", "计划", "进度", "次数", "笔数", "摘要", "备注", "说明", "约定"]),
    rule!(Voucher 90 any &["凭证", "票据", "流水", "回单", "发票号", "凭单", "voucher", "收据"], with &[], not &["日期", "时间", "金额"]),
    rule!(Net 95 any &["净收入", "净收益", "可分配", "净额", "待分配", "分配基数", "可分收益", "拟分配", "应分配", "可分金额", "分配基", "净利", "转化净", "收益总额", "收益净额", "净所得", "应分配总", "分配总额", "分配总金额", "net"], with &[], not &["比例", "团队", "学院", "学校", "个人"]),
    rule!(Net 60 any &["收益", "收入", "转化收", "总额", "分配额"], with &[], not &["比例", "团队", "学院", "学校", "个人", "扣", "成本", "完成人", "到账", "发明人", "院系", "税", "课题组", "部门"]),
    rule!(TeamShare 90 any &["团队", "课题组", "完成人", "发明人", "项目组", "学院", "学校", "院系", "单位"], with RATIO, not &["金额"]),
    rule!(Team 90 any &["团队", "课题组", "完成人", "发明人", "项目组", "研发组", "team"], with PART, not &["比例", "占比", "明细", "内部", "成员", "姓名", "名单", "学院", "学校", "各完成人", "个人", "具体"]),
    rule!(Team 75 any &["团队", "课题组", "项目组"], with &[], not &["比例", "占比", "明细", "成员", "姓名", "名单", "学院", "学校", "负责人", "人数", "内部", "电话", "编号", "名称", "单位"]),
    rule!(CollegePart 90 any &["学院", "院系", "院部", "二级单位", "所在单位", "部门", "系所", "院级", "college"], with PART, not &["比例", "占比", "学校", "校级", "团队", "大学", "完成人", "转移", "转化中心"]),
    rule!(University 90 any &["学校", "校方", "校级", "大学", "本校", "校留", "校本部", "university", "校分", "校提"], with PART, not &["比例", "占比", "学院", "院系", "团队", "完成人"]),
    rule!(OtherPart 85 any &["转移中心", "转化中心", "经纪人", "技术经纪", "中介", "转移机构", "转化基金", "科研院", "管理部门", "科技处", "科研处", "贡献人员", "转移办", "服务机构", "平台"], with PART, not &["比例", "占比"]),
    rule!(Persons 95 any &["个人", "人员", "成员", "到人", "每人", "各人", "各完成人", "各发明人", "名单"], with &["明细", "分配", "发放", "清单", "情况", "金额", "所得", "奖励", "方案", "名单"], not &["比例", "占比"]),
    rule!(Persons 80 any &["明细", "分配明细", "发放明细", "奖励明细", "分配方案", "分配到人", "分配情况", "分配名单", "内部分配"], with &[], not &["比例", "到账", "收入明细", "付款"]),
    rule!(PersonName 85 any &["姓名"], with &[], not &["联系", "代表"]),
    rule!(PersonAmount 85 any &["个人", "本人", "实发", "应发", "发放", "领取"], with PART, not &["比例", "占比", "明细"]),
];

/// Half-width, lower case, without blanks and marks that mean nothing.
pub fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !is_blank(*c))
        .map(narrow)
        .filter(|c| !matches!(c, '*' | '★' | '※' | ':' | '"' | '_' | '、' | '.'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// A header without the ordinal that tells it from its neighbours:
/// 第二次到账日期 and 尾款到账日期 → 到账日期, 完成人3 → 完成人.
pub fn without_ordinal(header: &str) -> String {
    let mut text = plain(header);
    for word in [
        "首付款",
        "首期款",
        "首笔款",
        "预付款",
        "进度款",
        "中期款",
        "末期款",
        "尾款",
        "余款",
        "首付",
        "首期",
        "首笔",
        "首次",
        "首批",
        "中期",
        "末期",
        "末次",
        "末笔",
    ] {
        text = text.replace(word, "#");
    }
    let mut kept = String::with_capacity(text.len());
    let mut behind = false;
    for c in text.chars() {
        let ordinal = c.is_ascii_digit() || c == '#' || "一二三四五六七八九十".contains(c);
        if ordinal {
            if !behind && kept.ends_with('第') {
                kept.pop();
            }
            behind = true;
        } else if !(behind && matches!(c, '次' | '笔' | '期' | '批' | '款')) {
            kept.push(c);
            behind = false;
        }
    }
    kept
}

/// The text without what stands in brackets.
pub fn without_brackets(plain: &str) -> String {
    let mut depth = 0usize;
    plain
        .chars()
        .filter(|c| {
            match c {
                '(' | '[' | '<' => depth += 1,
                ')' | ']' | '>' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

/// The text with brackets opened: 专利（申请）号 → 专利申请号.
fn opened(plain: &str) -> String {
    plain
        .chars()
        .filter(|c| !matches!(c, '(' | ')' | '[' | ']' | '<' | '>'))
        .collect()
}

/// Units at the end of a header say nothing about what it means.
fn without_unit(base: &str) -> &str {
    let mut rest = base;
    for suffix in [
        "人民币",
        "万元",
        "亿元",
        "千元",
        "元",
        "/",
        "单位",
        "-",
        ",",
    ] {
        // 完成人单位 is a place of work, 金额单位 a unit.
        let unit = suffix != "单位" || rest.ends_with("金额单位") || rest != base;
        if let Some(shorter) = rest.strip_suffix(suffix)
            && unit
            && shorter.chars().count() >= 2
        {
            rest = shorter;
        }
    }
    rest
}

/// What a header may mean, with a score of at most 100 for each meaning.
/// `parts` are the lines of a header from top to bottom.
pub fn meanings(parts: &[String]) -> Vec<(Concept, u32)> {
    let mut found: Vec<(Concept, u32)> = Vec::new();
    let Some(leaf) = parts.last() else {
        return found;
    };
    let joined = parts.concat();
    let foreign = currency::foreign(&joined).is_some() && !currency::says_yuan(&joined);
    let texts: &[(&str, u32)] = if parts.len() > 1 {
        &[(joined.as_str(), 100), (leaf.as_str(), 92)]
    } else {
        &[(leaf.as_str(), 100)]
    };
    for (text, weight) in texts {
        let text = plain(text);
        let base = without_brackets(&text);
        for (form, part) in [(base.as_str(), 100), (opened(&text).as_str(), 88)] {
            for (concept, score) in one(form) {
                let money = matches!(
                    concept,
                    Concept::ContractAmount | Concept::ReceiptAmount | Concept::AnyAmount
                );
                // Beside a column in yuan it is the original amount.
                let yuan = if foreign && money { 90 } else { 100 };
                let score = score * weight * part * yuan / 1_000_000;
                match found.iter_mut().find(|(known, _)| *known == concept) {
                    Some((_, best)) => *best = score.max(*best),
                    None => found.push((concept, score)),
                }
            }
        }
    }
    if foreign {
        found.push((Concept::OriginalAmount, 75));
    }
    found
}

fn one(form: &str) -> Vec<(Concept, u32)> {
    let mut found = Vec::new();
    let whole = without_unit(form);
    if whole.is_empty() || whole.chars().count() > 40 {
        return found;
    }
    for (concept, score, words) in WHOLE {
        if words.contains(&whole) || words.contains(&form) {
            found.push((*concept, *score));
        }
    }
    let has = |words: &[&str]| words.iter().any(|word| form.contains(word));
    for rule in RULES {
        if has(rule.any) && (rule.with.is_empty() || has(rule.with)) && !has(rule.not) {
            found.push((rule.concept, rule.score));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_offices_mean_what_people_mean() {
        for (parts, wanted) in [
            (&["专利（申请）号"][..], Concept::Number),
            (&["公开(公告)号"], Concept::Number),
            (&["授权公告号"], Concept::Number),
            (&["授权公告日"], Concept::Granted),
            (&["专利申请日"], Concept::Filed),
            (&["申请 时间"], Concept::Filed),
            (&["完成人（按贡献排序）"], Concept::Inventors),
            (&["课题组成员"], Concept::Inventors),
            (&["贡献比例"], Concept::Shares),
            (&["合同金额（万元）"], Concept::ContractAmount),
            (&["到账金额（元）"], Concept::ReceiptAmount),
            (&["实际到账日期"], Concept::ReceiptDate),
            (&["到账", "金额"], Concept::ReceiptAmount),
            (&["申请", "日期"], Concept::Filed),
            (&["分配金额（元）", "学院"], Concept::CollegePart),
            (&["受让方（单位全称）"], Concept::Firm),
            (&["受让方", "名称"], Concept::Firm),
            (&["受让方", "统一社会信用代码"], Concept::Uscc),
            (&["签约日"], Concept::Signed),
            (&["协议编号"], Concept::ContractNo),
            (&["成果完成人所得（元）"], Concept::Team),
            (&["学校留存（元）"], Concept::University),
            (&["人员分配情况"], Concept::Persons),
            (&["拟分配净收益"], Concept::Net),
        ] {
            let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
            let best = meanings(&parts).into_iter().max_by_key(|(_, score)| *score);
            assert!(
                meanings(&parts)
                    .iter()
                    .any(|(c, s)| *c == wanted && *s >= 70),
                "{parts:?}: {best:?}"
            );
        }
        for nothing in [
            "序号",
            "备注",
            "联系电话",
            "IPC",
            "公示起止",
            "法律状态",
            "代理机构",
            "专利权人",
            "年费",
        ] {
            let strong: Vec<_> = meanings(&[nothing.to_owned()])
                .into_iter()
                .filter(|(_, s)| *s >= 70)
                .collect();
            assert!(strong.is_empty(), "{nothing}: {strong:?}");
        }
    }
}
