"""What a company does for a living: divisions of GB/T 4754-2017 国民经济行业分类 (with amendment 1 of 2019). Pure.

A code is the section's letter and the division's two digits (`D44`), with one or two digits more where the group or
class is known (`D4415` wind power). A party has an industry; a project has a sector (the house's own list): a
holding company of section L may well sponsor a wind farm.

English names follow the standard's closeness to ISIC Rev. 4; they are for reading, the code decides.
"""

from __future__ import annotations

import re
from typing import Final

from handlers import names

_TABLE: Final = """
A 01 农业|Crop farming;02 林业|Forestry;03 畜牧业|Animal husbandry;04 渔业|Fishing and aquaculture;05 农、林、牧、渔专业及辅助性活动|Support activities for farming, forestry and fishing
B 06 煤炭开采和洗选业|Coal mining and washing;07 石油和天然气开采业|Extraction of oil and natural gas;08 黑色金属矿采选业|Mining of ferrous metal ores;09 有色金属矿采选业|Mining of non-ferrous metal ores;10 非金属矿采选业|Mining of non-metal ores;11 开采专业及辅助性活动|Support activities for mining;12 其他采矿业|Other mining
C 13 农副食品加工业|Processing of food from farm produce;14 食品制造业|Manufacture of foods;15 酒、饮料和精制茶制造业|Manufacture of liquor, beverages and refined tea;16 烟草制品业|Manufacture of tobacco;17 纺织业|Manufacture of textiles;18 纺织服装、服饰业|Manufacture of textile apparel;19 皮革、毛皮、羽毛及其制品和制鞋业|Manufacture of leather, fur, feather and footwear;20 木材加工和木、竹、藤、棕、草制品业|Processing of timber, wood, bamboo, rattan, palm and straw;21 家具制造业|Manufacture of furniture;22 造纸和纸制品业|Manufacture of paper and paper products;23 印刷和记录媒介复制业|Printing and reproduction of recorded media;24 文教、工美、体育和娱乐用品制造业|Manufacture of articles for culture, education, arts, sport and recreation;25 石油、煤炭及其他燃料加工业|Processing of petroleum, coal and other fuels;26 化学原料和化学制品制造业|Manufacture of chemicals and chemical products;27 医药制造业|Manufacture of medicines;28 化学纤维制造业|Manufacture of chemical fibres;29 橡胶和塑料制品业|Manufacture of rubber and plastics;30 非金属矿物制品业|Manufacture of non-metallic mineral products;31 黑色金属冶炼和压延加工业|Smelting and rolling of ferrous metals;32 有色金属冶炼和压延加工业|Smelting and rolling of non-ferrous metals;33 金属制品业|Manufacture of metal products;34 通用设备制造业|Manufacture of general-purpose machinery;35 专用设备制造业|Manufacture of special-purpose machinery;36 汽车制造业|Manufacture of motor vehicles;37 铁路、船舶、航空航天和其他运输设备制造业|Manufacture of railway, ship, aerospace and other transport equipment;38 电气机械和器材制造业|Manufacture of electrical machinery and apparatus;39 计算机、通信和其他电子设备制造业|Manufacture of computers, communication and other electronic equipment;40 仪器仪表制造业|Manufacture of measuring instruments;41 其他制造业|Other manufacturing;42 废弃资源综合利用业|Use of waste resources;43 金属制品、机械和设备修理业|Repair of metal products, machinery and equipment
D 44 电力、热力生产和供应业|Production and supply of electricity and heat;45 燃气生产和供应业|Production and supply of gas;46 水的生产和供应业|Production and supply of water
E 47 房屋建筑业|Construction of buildings;48 土木工程建筑业|Civil engineering;49 建筑安装业|Building installation;50 建筑装饰、装修和其他建筑业|Building decoration and other construction
F 51 批发业|Wholesale trade;52 零售业|Retail trade
G 53 铁路运输业|Railway transport;54 道路运输业|Road transport;55 水上运输业|Water transport;56 航空运输业|Air transport;57 管道运输业|Pipeline transport;58 多式联运和运输代理业|Multimodal transport and freight forwarding;59 装卸搬运和仓储业|Cargo handling and storage;60 邮政业|Postal services
H 61 住宿业|Accommodation;62 餐饮业|Catering
I 63 电信、广播电视和卫星传输服务|Telecommunication, broadcasting and satellite transmission;64 互联网和相关服务|Internet services;65 软件和信息技术服务业|Software and information technology
J 66 货币金融服务|Monetary services;67 资本市场服务|Capital market services;68 保险业|Insurance;69 其他金融业|Other financial services
K 70 房地产业|Real estate
L 71 租赁业|Leasing;72 商务服务业|Business services
M 73 研究和试验发展|Research and development;74 专业技术服务业|Professional technical services;75 科技推广和应用服务业|Promotion and application of technology
N 76 水利管理业|Water conservancy;77 生态保护和环境治理业|Ecological protection and environmental treatment;78 公共设施管理业|Management of public facilities;79 土地管理业|Land management
O 80 居民服务业|Services to households;81 机动车、电子产品和日用产品修理业|Repair of motor vehicles, electronics and household goods;82 其他服务业|Other services
P 83 教育|Education
Q 84 卫生|Health care;85 社会工作|Social work
R 86 新闻和出版业|News and publishing;87 广播、电视、电影和录音制作业|Broadcasting, film and sound recording;88 文化艺术业|Culture and arts;89 体育|Sport;90 娱乐业|Entertainment
S 91 中国共产党机关|Organs of the Communist Party of China;92 国家机构|State organs;93 人民政协、民主党派|People's Political Consultative Conference and democratic parties;94 社会保障|Social security;95 群众团体、社会团体和其他成员组织|Mass, social and other membership organisations;96 基层群众自治组织及其他组织|Grass-roots self-governing and other organisations
T 97 国际组织|International organisations
"""  # noqa: E501


def _read() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for line in _TABLE.strip().splitlines():
        letter, rest = line.split(" ", 1)
        for entry in rest.split(";"):
            digits, words = entry.split(" ", 1)
            zh, en = words.split("|")
            found[letter + digits] = (zh, en)
    return found


DIVISIONS: Final = _read()
"""Code of the division (`D44`) -> its name (zh, en); all 97."""

_BY_DIGITS: Final = {code[1:]: code for code in DIVISIONS}
_BY_NAME: Final = {names.name_key(zh): code for code, (zh, _en) in DIVISIONS.items()} | {
    names.name_key(words): code
    for code, spoken in {
        "D44": ("电力", "电力生产", "电力供应", "发电", "电力、热力", "新能源发电"),
        "D45": ("燃气", "燃气供应"),
        "D46": ("水务", "供水", "自来水"),
        "E47": ("房屋建筑",),
        "E48": ("土木工程",),
        "G53": ("铁路",),
        "G54": ("公路运输", "道路运输"),
        "G55": ("港口", "航运"),
        "I65": ("软件", "信息技术"),
        "J66": ("银行",),
        "J68": ("保险",),
        "K70": ("房地产",),
        "N77": ("环保", "环境治理"),
    }.items()
    for words in spoken
}
"""Names as the standard and as people say them, in comparable form."""

_CODE = re.compile(r"([A-T])?(\d{2})(\d{0,2})")


def code(text: str) -> str | None:
    """The code that a code in any writing (`d4415`, `4415`, `44`) or a name (电力、热力生产和供应业, 电力) stands for.

    None for what names no industry: an unknown division, a letter that is not its section's, other words.
    """
    plain = names.half_width(text).upper()
    written = _CODE.fullmatch(plain)
    if written is None:
        return _BY_NAME.get(names.name_key(text))
    letter, digits, more = written.groups()
    division = _BY_DIGITS.get(digits)
    if division is None or letter not in (None, division[0]):
        return None
    return division + more


def called(code: str, language: str = "zh") -> str:
    """A code with its division's name, in Chinese (`zh`) or English; what is no code is given back as it is."""
    division = DIVISIONS.get(code[:3])
    return code if division is None else f"{code} {division[0 if language == 'zh' else 1]}"
